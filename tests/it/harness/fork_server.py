# Starts Synapses for the tests. Loading Synapse's code takes longer than starting it, so this process loads it once and
# forks for each that is asked for, as Synapse's own `complement_fork_starter` does for its workers. What a small homeserver
# spends on being a large one is left out: threads, and figures of itself. The tests in `synapse.rs` have one as it is.
#
# Argument: the path of the Unix socket to listen at. Whoever connects sends the arguments for Synapse as a line of JSON,
# together with the files for its standard output and error. From then on each line they send names a signal for it, and
# the end of the connection kills it. They are told its exit code, as a line, when it has ended.
import gc
import importlib
import json
import logging
import os
import selectors
import signal
import socket
import sys

from twisted.internet.main import installReactor

from synapse.app.complement_fork_proxied_reactor import ProxiedReactor

# A reactor must not be made before a fork, and importing Synapse would make one.
reactor = ProxiedReactor()
installReactor(reactor)
homeserver = importlib.import_module("synapse.app.homeserver")
from twisted.internet import threads  # noqa: E402
from twisted.internet.defer import Deferred  # noqa: E402
from twisted.internet.epollreactor import EPollReactor  # noqa: E402
from jsonschema import Draft202012Validator  # noqa: E402
from prometheus_client import Counter, Gauge, Histogram  # noqa: E402
from prometheus_client.metrics import MetricWrapperBase  # noqa: E402
import yaml  # noqa: E402
from synapse.events.validator import MENTIONS_VALIDATOR, POWER_LEVELS_VALIDATOR  # noqa: E402



def in_the_only_thread(reactor, pool, function, *arguments, **more):
    """Calls what Synapse wants called in a thread soon, in the only thread there is, as Synapse's own tests do. Its database
    has one connection, so that nothing waits for it longer; but handing over between threads took a seventh of a
    Synapse's time. What reads files for a download talks to the reactor while it runs, and keeps its threads."""
    if pool.name == "media_threadpool":
        return in_a_thread(reactor, pool, function, *arguments, **more)
    result = Deferred()

    def call():
        try:
            value = function(*arguments, **more)
        except Exception:
            result.errback()
        else:
            result.callback(value)

    reactor.callLater(0, call)
    return result


in_a_thread, threads.deferToThreadPool = threads.deferToThreadPool, in_the_only_thread


def count_nothing():
    """Nobody asks these Synapses for their figures: they are not counted, and have no labels."""
    labels = MetricWrapperBase.labels

    def nothing(self, *_, **__):
        pass

    def only_one(self, *values, **named):
        if "only_one" not in vars(self):
            self.only_one = labels(self, *values, **named)
        return self.only_one

    Counter.inc = Gauge.inc = Gauge.dec = Gauge.set = Histogram.observe = nothing
    MetricWrapperBase.labels = only_one


# The schemas are Synapse's own; there is no need to check them again for each event.
for validator in POWER_LEVELS_VALIDATOR, MENTIONS_VALIDATOR, Draft202012Validator:
    validator.check_schema = lambda *_, **__: None
count_nothing()
# What it notes of each request nobody reads, and its settings are read faster in C.
logging.disable(logging.INFO)
yaml.SafeLoader = yaml.CSafeLoader

# What is loaded by now is shared by all; collecting garbage in it would copy it.
gc.collect()
gc.freeze()

selector = selectors.DefaultSelector()
listener = socket.socket(socket.AF_UNIX)
# Connections by process.
running = {}


class Connection:
    """One who asked for a Synapse: the lines they send, and its process."""

    def __init__(self, peer):
        self.peer, self.received, self.files, self.process = peer, b"", [], None

    def readable(self):
        data, files, _, _ = socket.recv_fds(self.peer, 4096, 2)
        self.files += files
        self.received += data
        while b"\n" in self.received:
            line, self.received = self.received.split(b"\n", 1)
            if self.process is None:
                self.start(json.loads(line))
            else:
                os.kill(self.process, getattr(signal, "SIG" + line.decode()))
        if not data:
            self.end()

    def start(self, arguments):
        process = os.fork()
        if process == 0:
            become_synapse(arguments, self.files)
        self.process = process
        running[process] = self
        for file in self.files:
            os.close(file)

    def end(self):
        if running.pop(self.process, None):
            os.kill(self.process, signal.SIGKILL)
            os.waitpid(self.process, 0)
        selector.unregister(self.peer)
        self.peer.close()


def become_synapse(arguments, files):
    code = 1
    try:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(-1)
        os.setpgid(0, 0)
        for file, target in zip(files, (1, 2)):
            os.dup2(file, target)
        os.closerange(3, 1024)
        if "--tidy" in arguments:
            arguments.remove("--tidy")
            tidy_up()
        sys.argv = ["synapse", *arguments]
        reactor._install_real_reactor(EPollReactor())
        homeserver.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def tidy_up():
    """Has this Synapse look every second for what it otherwise looks for every few minutes, such as redacted events whose
    time is over."""
    from synapse.util.clock import Clock
    from synapse.util.duration import Duration

    looping_call = Clock.looping_call

    def often(self, function, duration, *arguments, **more):
        return looping_call(self, function, min(duration, Duration(seconds=1)), *arguments, **more)

    Clock.looping_call = often


def bury():
    os.read(ended_read, 4096)
    for process, connection in list(running.items()):
        ended, status = os.waitpid(process, os.WNOHANG)
        if not ended:
            continue
        del running[process]
        code = os.waitstatus_to_exitcode(status)
        try:
            connection.peer.sendall(b"%d\n" % (code if code >= 0 else 128 - code))
        except OSError:
            pass  # They do not want to know.


def end(*_):
    for process in running:
        os.kill(process, signal.SIGKILL)
    os._exit(0)


ended_read, ended_write = os.pipe()
os.set_blocking(ended_write, False)
signal.set_wakeup_fd(ended_write, warn_on_full_buffer=False)
handlers = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)

listener.bind(sys.argv[1])
listener.listen(64)
selector.register(listener, selectors.EVENT_READ)
selector.register(ended_read, selectors.EVENT_READ)
while True:
    for key, _ in selector.select():
        if key.fileobj is listener:
            peer, _ = listener.accept()
            selector.register(peer, selectors.EVENT_READ, Connection(peer))
        elif key.fileobj == ended_read:
            bury()
        else:
            key.data.readable()
