"""One picture keeps one core busy: the other cores are for other pictures."""

import time

import numpy as np

from tujian.heap import multiply_alone


def test_products_of_matrices_stay_on_the_callers_thread():
    multiply_alone()
    square = np.ones((600, 600), np.float32)
    begun_ns = time.process_time_ns(), time.thread_time_ns()
    for _ in range(20):
        square @ square
    everywhere_ns, here_ns = time.process_time_ns() - begun_ns[0], time.thread_time_ns() - begun_ns[1]
    assert everywhere_ns < 1.2 * here_ns
