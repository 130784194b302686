"""Threads that change a database for as long as a block runs."""

import threading


class Writers:
    """Threads that write until told to stop, as a context; `write(dice, number)` is what each of them does.

    `transactions` counts what they have committed; the first of `errors` fails the block.
    """

    def __init__(self, dice):
        self.stopping, self.lock = threading.Event(), threading.Lock()
        self.errors, self.transactions = [], 0
        self.threads = [threading.Thread(target=self.write, args=(each, number), daemon=True) for number, each in enumerate(dice)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
        assert not self.errors, self.errors[0]

    def write(self, dice, number):
        raise NotImplementedError
