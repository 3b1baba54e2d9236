"""The memory of arrays: bounded, and what was used last stays longest."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from skdeep._engine.memory import Memory


def kept(memory, keys):
    return "".join(sorted(memory.get_many(keys)))


def one(nbytes=10):
    return [np.zeros(nbytes, np.uint8)]


def test_what_is_put_is_found_under_its_key():
    memory, arrays = Memory(), one()
    memory.put("a", arrays)
    memory.put_many({"b": one(), ("c", 1): []})
    assert memory.get("a") is arrays
    assert memory.get(("c", 1)) == []
    assert memory.get("d") is None
    assert list(memory.get_many(["d", "b", "b", "a"])) == ["b", "a"]
    memory.clear()
    assert memory.get_many(["a", "b", ("c", 1)]) == {}


def test_what_was_not_used_for_longest_goes_first():
    memory = Memory(max_bytes=40)
    memory.put_many({key: one() for key in "abcd"})
    memory.get("a")
    memory.get_many(["b"])
    memory.put("e", one())
    memory.put("f", one())
    assert kept(memory, "abcdef") == "abef"
    memory.put_many({key: one() for key in "uvwxyz"})
    assert kept(memory, "abefuvwxyz") == "wxyz"


def test_a_key_that_is_put_again_counts_once():
    memory = Memory(max_bytes=40)
    for size in (30, 10, 20, 10):
        memory.put("a", one(size))
    memory.put_many({"b": one(30)})
    assert kept(memory, "ab") == "ab"
    assert memory.get("a")[0].nbytes == 10
    memory.put("c", one(1))
    assert kept(memory, "abc") == "ac"


def test_what_is_larger_than_the_memory_drives_nothing_out():
    memory = Memory(max_bytes=40)
    memory.put_many({"a": one(), "b": one()})
    memory.put("b", one(41))
    assert kept(memory, "ab") == "a"


def test_several_threads_leave_the_count_right():
    memory = Memory(max_bytes=200)

    def work(thread):
        for turn in range(200):
            memory.put_many({(turn * 7 + thread + i) % 50: one() for i in range(5)})
            memory.get_many(range(50))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(memory.get_many(range(50))) == 20
    memory.put_many({key: one() for key in range(100, 120)})
    assert len(memory.get_many(range(120))) == 20
