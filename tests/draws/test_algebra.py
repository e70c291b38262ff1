from __future__ import annotations

import threading

import scipy.linalg  # noqa: F401  (so that its library is there)

from ms_initkit.draws.algebra import libraries, one_thread


def threads() -> list[int]:
    return [library.threads() for library in libraries()]


def test_the_libraries_of_numpy_and_scipy_are_found() -> None:
    assert len(threads()) == 2


def test_algebra_has_one_thread_inside_and_the_usual_ones_afterwards() -> None:
    usual = threads()
    for library in libraries():
        library.set_threads(2)
    try:
        with one_thread():
            assert threads() == [1, 1]
            with one_thread():
                assert threads() == [1, 1]
            assert threads() == [1, 1]
        assert threads() == [2, 2]
    finally:
        for library, count in zip(libraries(), usual, strict=True):
            library.set_threads(count)


def test_one_that_leaves_takes_nothing_from_another() -> None:
    """Two threads draw orthogonal matrices: whoever ends first must not give the other one more threads."""
    entered, left = threading.Event(), threading.Event()

    def other() -> None:
        with one_thread():
            entered.set()
            left.wait(60)

    usual = threads()
    with one_thread():
        helper = threading.Thread(target=other)
        helper.start()
        assert entered.wait(60)
    assert threads() == [1, 1]
    left.set()
    helper.join()
    assert threads() == usual
