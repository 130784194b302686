import FoundationEssentials
import Glibc
import HTTP

/// Runs a program to its end and keeps what it prints.
///
/// The program gets this process's environment, an empty standard input, no other open file, the default disposition of
/// signals and a process group of its own, which is killed if it takes or prints too much.
struct ChildProcess: Sendable {
    /// How it ended.
    struct Outcome: Sendable {
        /// The exit status, or 128 and the signal that ended it.
        let status: Int32
        let output: [UInt8]
        /// The beginning of what it printed to standard error.
        let errorOutput: [UInt8]
    }

    /// How much it may print to standard output.
    static let outputLimit = 64 * 1024
    /// How much is kept of standard error.
    static let errorOutputLimit = 4 * 1024
    /// How often it is looked whether the program has ended while a child of its own holds its output open.
    private static let pollInterval: Int32 = 50

    let words: [Secret]
    let timeLimit: Duration

    /// Runs the program on a thread of its own.
    func run() async throws(AWSError) -> Outcome {
        let result: Result<Outcome, AWSError> = await withCheckedContinuation { continuation in
            let isStarted = OwnerThread.start {
                do throws(AWSError) {
                    continuation.resume(returning: .success(try runToEnd()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !isStarted { continuation.resume(returning: .failure(Self.failure("pthread_create", EAGAIN))) }
        }
        return try result.get()
    }

    private func runToEnd() throws(AWSError) -> Outcome {
        let output = try ChildPipe()
        defer { output.close() }
        let errors = try ChildPipe()
        defer { errors.close() }
        let pid = try ChildSpawn.start(words.map(\.exposed), output: output.writing, errors: errors.writing)
        output.closeWriting()
        errors.closeWriting()
        var collected = Collected()
        do throws(AWSError) {
            let status = try follow(pid, output.reading, errors.reading, &collected)
            return Outcome(status: status, output: collected.output, errorOutput: collected.errorOutput)
        } catch {
            // The program has not been waited for yet, so its number still means its group.
            _ = kill(-pid, SIGKILL)
            var status: Int32 = 0
            while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
            throw error
        }
    }

    private struct Collected {
        var output: [UInt8] = []
        var errorOutput: [UInt8] = []
        var isOutputOpen = true
        var areErrorsOpen = true
    }

    /// Reads until both outputs are closed or the program has ended; returns its status.
    private func follow(
        _ pid: pid_t,
        _ output: Int32,
        _ errors: Int32,
        _ collected: inout Collected
    ) throws(AWSError) -> Int32 {
        let deadline = ContinuousClock.now + timeLimit
        while true {
            var waiting = [
                pollfd(fd: collected.isOutputOpen ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: collected.areErrorsOpen ? errors : -1, events: Int16(POLLIN), revents: 0),
            ]
            _ = unsafe poll(&waiting, nfds_t(waiting.count), Self.pollInterval)
            var status: Int32 = 0
            // Asked before reading: what an ended program has printed is all in the pipes by then.
            let ended = unsafe waitpid(pid, &status, WNOHANG)
            let failure = errno
            if collected.isOutputOpen {
                let isOpen = Self.drain(output, &collected.output, limit: Self.outputLimit + 1)
                collected.isOutputOpen = isOpen
            }
            if collected.areErrorsOpen {
                let isOpen = Self.drain(errors, &collected.errorOutput, limit: Self.errorOutputLimit)
                collected.areErrorsOpen = isOpen
            }
            if ended == pid { return Self.exitStatus(status) }
            guard ended == 0 || failure == EINTR else { throw Self.failure("waitpid", failure) }
            guard collected.output.count <= Self.outputLimit else {
                throw AWSError(.credentialsFailed, detail: "printed more than \(Self.outputLimit) bytes")
            }
            guard ContinuousClock.now < deadline else {
                throw AWSError(
                    .credentialsFailed,
                    detail: "had not ended after \(timeLimit.components.seconds) s",
                    isTransient: true
                )
            }
        }
    }

    /// Reads what is there, and keeps as much of it as the limit allows; false at the end.
    private static func drain(_ descriptor: Int32, _ kept: inout [UInt8], limit: Int) -> Bool {
        var piece = [UInt8](repeating: 0, count: 16 * 1024)
        // A program that never stops printing must not keep us from looking at the clock.
        for _ in 0..<16 {
            let count = unsafe piece.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count < 0 { return errno == EAGAIN || errno == EINTR }
            if count == 0 { return false }
            kept.append(contentsOf: piece[..<min(count, max(0, limit - kept.count))])
        }
        return true
    }

    private static func exitStatus(_ status: Int32) -> Int32 {
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }

    static func failure(_ function: String, _ number: Int32) -> AWSError {
        AWSError(.credentialsFailed, detail: "cannot be run: \(function): \(unsafe String(cString: strerror(number)))")
    }
}
