"use strict";
(function () {
  var search = document.getElementById("search");
  var filters = ["kind", "vendor", "year", "status"].map(function (name) {
    return document.getElementById(name);
  });
  var cards = Array.prototype.slice.call(document.querySelectorAll("#list > li"));
  var count = document.getElementById("count");
  function apply() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var shown = 0;
    cards.forEach(function (card) {
      var fits = words.every(function (word) { return card.dataset.words.indexOf(word) >= 0; });
      filters.forEach(function (filter) {
        var values = card.dataset[filter.id].split("|");
        fits = fits && (!filter.value || values.indexOf(filter.value) >= 0);
      });
      card.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    count.textContent = shown + " of " + cards.length + " briefings";
  }
  search.addEventListener("input", apply);
  filters.forEach(function (filter) { filter.addEventListener("change", apply); });
  document.getElementById("filters").addEventListener("reset", function () { setTimeout(apply); });
  document.getElementById("filters").hidden = false;
  apply();
})();
