import CSpawn
import Glibc

/// A pipe from a program to us; both ends are closed by their owner.
final class ChildPipe {
    /// Never blocks.
    let reading: Int32
    let writing: Int32
    private var isWritingOpen = true

    /// The corresponding C function is `pipe2`.
    init() throws(AWSError) {
        var ends: [Int32] = [-1, -1]
        // The program's end blocks as programs expect it; it loses its mark when it becomes a standard output.
        guard unsafe pipe2(&ends, O_CLOEXEC) == 0 else { throw ChildProcess.failure("pipe2", errno) }
        reading = ends[0]
        writing = ends[1]
        _ = fcntl(reading, F_SETFL, O_NONBLOCK)
    }

    func closeWriting() {
        guard isWritingOpen else { return }
        isWritingOpen = false
        _ = Glibc.close(writing)
    }

    func close() {
        closeWriting()
        _ = Glibc.close(reading)
    }
}
