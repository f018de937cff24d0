"""The warehouse's files: one writer, many readers, and what happens when the disk misbehaves."""

import os
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from pipelines import warehouse
from pipelines.settings import Settings
from pipelines.warehouse import (
    WarehouseError,
    copy_begun,
    first_row,
    niceness,
    open_reader,
    open_writer,
    publish,
)

#: Runs in a process of its own; `home` is the first argument.
WRITES = """
import sys, time
from pathlib import Path
from pipelines.settings import Settings
from pipelines.warehouse import open_writer, publish
settings = Settings(home=Path(sys.argv[1]))
with open_writer(settings) as connection:
    connection.execute("create or replace table t as select 1 as a")
    print("writing", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def fill(settings: Settings, value: int) -> Path:
    with open_writer(settings) as connection:
        connection.execute(f"create or replace table t as select {value} as a from range(1000)")
        return publish(connection, settings)


def read(settings: Settings) -> int:
    connection = open_reader(settings)
    try:
        return int(first_row(connection, "select max(a) from t")[0])
    finally:
        connection.close()


def test_a_second_writer_is_told_who_writes_and_what_to_do(settings: Settings) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(settings.home)], stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "writing\n"
    try:
        with pytest.raises(WarehouseError, match=f"process {other.pid}"), open_writer(settings):
            pass
    finally:
        other.kill()
        other.communicate()
    assert fill(settings, 2).exists(), "a writer that died holds nothing"
    assert read(settings) == 2


def test_readers_keep_their_version_and_new_readers_see_the_new_one(settings: Settings) -> None:
    fill(settings, 1)
    old = open_reader(settings)
    for value in range(2, 8):
        fill(settings, value)
    assert first_row(old, "select max(a) from t") == (1,)
    assert read(settings) == 7


def test_a_publication_is_the_writers_own_file_and_no_second_copy_stays(
    settings: Settings,
) -> None:
    with open_writer(settings) as connection:
        connection.execute("create table t as select 1 as a")
        inode = settings.warehouse.stat().st_ino
        version = publish(connection, settings)
        assert version.stat().st_ino == inode
        assert not settings.warehouse.exists()
        with pytest.raises(duckdb.ConnectionException):
            connection.execute("select 1")
        assert read(settings) == 1
    with open_writer(settings) as connection:
        assert first_row(connection, "select max(a) from t") == (1,), "it goes on from the version"
        connection.execute("update t set a = 2")
    assert read(settings) == 1, "what was not published readers do not see"
    with open_writer(settings) as connection:
        assert first_row(connection, "select max(a) from t") == (2,), "nor is it lost"


def test_what_cannot_be_moved_is_copied(
    settings: Settings, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`data/published` may be a link to another disk."""
    settings.data.mkdir(parents=True)
    settings.published.parent.symlink_to(small_disk)
    for value in (1, 2):
        fill(settings, value)
        assert read(settings) == value
        assert not settings.warehouse.exists()
    assert not list(small_disk.glob("*.part"))
    subprocess.run(["umount", "-l", str(small_disk)], check=False)


def test_a_copy_is_made_meanwhile_and_taken_by_the_next_writer(settings: Settings) -> None:
    fill(settings, 1)
    with copy_begun(settings):
        [part] = settings.data.glob("*.part")
        with open_writer(settings) as connection:
            assert first_row(connection, "select max(a) from t") == (1,)
            assert not part.exists()
            publish(connection, settings)
    with copy_begun(settings):
        pass
    assert not list(settings.data.glob("*.part")), "nobody took it"
    assert not settings.warehouse.exists()


def test_a_copy_of_a_version_no_longer_the_last_is_not_gone_on_from(settings: Settings) -> None:
    fill(settings, 1)
    with copy_begun(settings):
        other = (
            "import sys; sys.argv.append(''); from pathlib import Path; "
            "from pipelines.settings import Settings; from pipelines.warehouse import *; "
            f"settings = Settings(home=Path({str(settings.home)!r}))\n"
            "with open_writer(settings) as connection:\n"
            "    connection.execute('update t set a = 2')\n"
            "    publish(connection, settings)"
        )
        subprocess.run([sys.executable, "-c", other], check=True)
        with open_writer(settings) as connection:
            assert first_row(connection, "select max(a) from t") == (2,)
    assert not list(settings.data.glob("*.part"))


def test_a_run_that_another_keeps_out_is_told_before_it_copies(settings: Settings) -> None:
    fill(settings, 1)
    with (
        open_writer(settings),
        pytest.raises(WarehouseError, match=f"process {os.getpid()}"),
        copy_begun(settings),
    ):
        pass
    assert not list(settings.data.glob("*.part"))


def test_who_gives_way_does_so_with_all_that_it_begins_and_only_meanwhile() -> None:
    tells = [sys.executable, "-c", "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"]
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with niceness(3):
        assert int(subprocess.check_output(tells)) == min(before + 3, 19)
    if os.geteuid() == 0:
        assert os.getpriority(os.PRIO_PROCESS, 0) == before
        with niceness(-3):
            assert int(subprocess.check_output(tells)) == before - 3
        assert os.getpriority(os.PRIO_PROCESS, 0) == before


@pytest.mark.parametrize("command", [["sql"], ["serve-sql", "--port", "0"]])
def test_programs_that_only_read_give_way_to_the_writer(
    settings: Settings, command: list[str]
) -> None:
    fill(settings, 1)
    bellwether = str(Path(sys.executable).with_name("bellwether"))
    before = os.getpriority(os.PRIO_PROCESS, 0)
    with subprocess.Popen(
        [bellwether, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=os.environ | {"BELLWETHER_HOME": str(settings.home)},
    ) as reads:  # fmt: skip
        try:
            late = time.monotonic() + 60
            while os.getpriority(os.PRIO_PROCESS, reads.pid) == before:
                assert reads.poll() is None
                assert time.monotonic() < late
                time.sleep(0.02)
            assert os.getpriority(os.PRIO_PROCESS, reads.pid) == min(before + 10, 19)
        finally:
            reads.kill()


def test_old_versions_do_not_pile_up(settings: Settings) -> None:
    for value in range(6):
        fill(settings, value)
    files = sorted(p.name for p in settings.published.parent.glob("bellwether-*"))
    assert len(files) == settings.keep_published
    assert settings.published.resolve().name == files[-1]


def test_a_file_full_of_holes_is_published_small(settings: Settings) -> None:
    with open_writer(settings) as connection:
        connection.execute(
            "create table t as select 1 as a, hash(r.i) as h from range(900000) r(i)"
        )
        whole = publish(connection, settings).stat().st_size
    with open_writer(settings) as connection:
        connection.execute("create or replace table t as select 1 as a")
        connection.execute("checkpoint")
        small = publish(connection, settings).stat().st_size
    assert small < whole / 4
    assert read(settings) == 1


@pytest.mark.parametrize("left", [b"no database at all" * 1000, b""])
def test_for_a_damaged_file_that_a_run_left_the_last_version_is_taken(
    settings: Settings, caplog: pytest.LogCaptureFixture, left: bytes
) -> None:
    fill(settings, 1)
    settings.warehouse.write_bytes(left)
    with open_writer(settings) as connection:
        assert first_row(connection, "select max(a) from t") == (1,)
    assert settings.warehouse.with_suffix(".aside.duckdb").read_bytes() == left
    assert "damaged" in caplog.text
    assert "last version" in caplog.text


def test_a_damaged_version_is_begun_anew(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    version = fill(settings, 1)
    good = version.read_bytes()
    version.write_bytes(b"no database at all" * 1000)
    with open_writer(settings) as connection:
        assert not first_row(connection, "select 1 from duckdb_tables() where table_name = 't'")
    assert settings.warehouse.with_suffix(".aside.duckdb").read_bytes().startswith(b"no database")
    assert "built again" in caplog.text
    version.write_bytes(good)
    assert read(settings) == 1, "versions themselves are left as they are"


def test_a_damaged_block_of_a_table_nobody_reads_is_found(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with open_writer(settings) as connection:
        connection.execute("create table idle as select hash(i) as x from range(400000) as r(i)")
    with settings.warehouse.open("r+b") as file:
        middle = settings.warehouse.stat().st_size // 2
        file.seek(middle)
        (byte,) = file.read(1)
        file.seek(middle)
        file.write(bytes([byte ^ 255]))
    with open_writer(settings) as connection:
        assert not first_row(connection, "select 1 from duckdb_tables() where table_name = 'idle'")
    assert "damaged" in caplog.text


@pytest.mark.parametrize("has_published", [True, False])
def test_of_a_large_file_a_day_reads_a_part_and_all_if_the_last_writer_did_not_publish(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, has_published: bool
) -> None:
    monkeypatch.setattr(warehouse, "AT_ONCE", 2**20)
    monkeypatch.setattr(warehouse, "PART", 2**20)
    with open_writer(settings) as connection:
        connection.execute("create table idle as select hash(i) as x from range(900000) as r(i)")
        if has_published:
            publish(connection, settings)
        else:
            connection.execute("checkpoint")
    file = settings.published.resolve() if has_published else settings.warehouse
    size = file.stat().st_size
    with file.open("r+b") as bytes_of:
        bytes_of.seek(size // 2)
        (byte,) = bytes_of.read(1)
        bytes_of.seek(size // 2)
        bytes_of.write(bytes([byte ^ 255]))
    found_after = None
    for day in range(1, 20):
        monkeypatch.setattr(Settings, "now", lambda _, day=day: datetime(2026, 1, day))
        with open_writer(settings) as connection:
            if not first_row(connection, "select 1 from duckdb_tables() where table_name = 'idle'"):
                found_after = day
                break
            publish(connection, settings)
    assert found_after is not None
    parts = -(-size // 2**20)
    assert parts > 5
    assert found_after <= parts
    assert found_after == 1 or has_published


def test_a_file_of_the_previous_release_is_built_again(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.data.mkdir(parents=True)
    with duckdb.connect(str(settings.warehouse)) as connection:  # 0.1.0 knew no format
        connection.execute("create schema raw; create table raw.fetches (fetch_id varchar)")
    with open_writer(settings) as connection:
        assert not first_row(connection, "select 1 from duckdb_tables() where table_name='fetches'")
        assert first_row(connection, "select format from raw.warehouse_format") == (
            warehouse.FORMAT,
        )
    assert "format 0" in caplog.text


def test_a_file_of_a_newer_release_is_left_alone(settings: Settings) -> None:
    with open_writer(settings) as connection:
        connection.execute("update raw.warehouse_format set format = format + 1")
    before = settings.warehouse.read_bytes()
    with pytest.raises(WarehouseError, match="upgrade"), open_writer(settings):
        pass
    assert settings.warehouse.read_bytes() == before


def test_a_damaged_publication_says_how_to_mend_it(settings: Settings) -> None:
    fill(settings, 1)
    settings.published.resolve().write_bytes(b"x" * 5000)
    with pytest.raises(WarehouseError, match="bellwether run"):
        open_reader(settings)
    fill(settings, 2)
    assert read(settings) == 2


def test_the_published_file_is_readable_by_duckdb_of_version_1_5(settings: Settings) -> None:
    path = fill(settings, 1)
    with duckdb.connect(str(path), read_only=True) as connection:
        (tags,) = first_row(
            connection,
            "select tags['storage_version'] from duckdb_databases() where not internal",
        )
    assert str(tags).startswith(warehouse.STORAGE)


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A file system of 4 MB; tests that need one are skipped where none can be mounted."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("no permission to mount a small file system")
    return disk


def grow_until_full(settings: Settings) -> None:
    for value in range(2, 9):
        with open_writer(settings) as connection:
            connection.execute(
                f"create or replace table t as select {value} as a, hash(r.i) as h "
                "from range(60000) as r(i)"
            )
            publish(connection, settings)


def test_a_full_disk_is_said_plainly_and_readers_keep_the_last_version(small_disk: Path) -> None:
    settings = Settings(home=small_disk)
    try:
        fill(settings, 1)
        (small_disk / "ballast").write_bytes(b"x" * 1_800_000)
        with pytest.raises((WarehouseError, duckdb.Error), match=r"(?i)disk is full|no space"):
            grow_until_full(settings)
        assert read(settings) >= 1
        assert not list(settings.published.parent.glob("*.part"))
        (small_disk / "ballast").unlink()
        fill(settings, 99)
        assert read(settings) == 99
    finally:
        subprocess.run(["umount", "-l", str(small_disk)], check=False)


def test_a_read_only_disk_is_said_plainly(small_disk: Path) -> None:
    settings = Settings(home=small_disk)
    try:
        fill(settings, 1)
        subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
        with pytest.raises(WarehouseError, match=r"(?i)read-only"), open_writer(settings):
            pass
        assert read(settings) == 1
    finally:
        subprocess.run(["umount", "-l", str(small_disk)], check=False)


def test_readers_see_whole_versions_while_many_are_published(settings: Settings) -> None:
    with open_writer(settings) as connection:
        connection.execute("create table t as select 0 as a from range(5000)")
        connection.execute("create table u as select 0 as a from range(5000)")
        publish(connection, settings)
    wrong: list[object] = []
    counted = 0
    done = threading.Event()

    def look() -> None:
        nonlocal counted
        while not done.is_set():
            reader = open_reader(settings)
            try:
                one = first_row(reader, "select min(a), max(a) from t")
                other = first_row(reader, "select min(a), max(a) from u")
                if one != other or one[0] != one[1]:
                    wrong.append((one, other))
                counted += 1
            except duckdb.Error as error:
                wrong.append(error)
            finally:
                reader.close()

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    ended = time.monotonic() + 20
    value = 0
    # However quickly either goes: many publications, and many looks while they go on.
    while value < 15 or counted <= 15:
        value += 1
        with open_writer(settings) as connection:
            connection.execute("begin")
            connection.execute(f"update t set a = {value}")
            connection.execute(f"update u set a = {value}")
            connection.execute("commit")
            publish(connection, settings)
        assert time.monotonic() < ended
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert counted > 15
