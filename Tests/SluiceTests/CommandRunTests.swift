import ArgumentParser
import Glibc
import Logging
import Synchronization
import Telemetry
import Testing

@testable import sluice

/// Serialised because signals are the process's, not a test's.
@Suite(.serialized)
final class CommandRunTests: Sendable {
    private let lines = Mutex<[String]>([])

    private var command: CommandRun {
        let output = LineOutput(isTerminal: false) { [self] line in lines.withLock { $0.append(line) } }
        let handler = LineLogHandler(level: .info, format: .text, output: output) { UTCTime(millisecondsSinceEpoch: 0) }
        let signals = [SignalTrap.Signal(number: SIGUSR1, name: "SIGUSR1")]
        return CommandRun(logger: Logger(label: "test") { _ in handler }, signals: signals)
    }

    @Test
    func `work that succeeds leaves no message`() async throws {
        try await command.perform {}
        #expect(lines.withLock { $0 } == [])
    }

    @Test
    func `work that fails ends with 1 and its sentence`() async {
        await #expect(throws: ExitCode(1)) { try await self.command.perform { throw WorkFailure("no room") } }
        #expect(lines.withLock { $0 } == ["1970-01-01T00:00:00.000Z ERROR no room\n"])
    }

    @Test
    func `refused settings end with 78 and a line for each problem`() async {
        await #expect(throws: ExitCode(78)) { try await self.command.perform { throw SettingsError(["a", "b"]) } }
        #expect(lines.withLock { $0.count } == 2)
    }

    @Test
    func `a signal cancels the work, which ends with 1 and says so`() async {
        await #expect(throws: ExitCode(1)) {
            try await self.command.perform {
                await raiseSignal()
                try await Task.sleep(for: .seconds(60))
            }
        }
        let messages = lines.withLock { $0 }
        #expect(messages.count == 2)
        #expect(messages.first?.contains("WARNING SIGUSR1: stops as soon as possible") == true)
        #expect(messages.last?.contains("ERROR interrupted by SIGUSR1: days that were finished") == true)
    }

    @Test
    func `work that was complete when the signal came has succeeded`() async throws {
        try await command.perform {
            await raiseSignal()
            while !Task.isCancelled { await Task.yield() }
        }
    }
}

/// Sends the process a signal that the command listens to, which it may do only after its work has begun.
private func raiseSignal() async {
    var action = sigaction()
    while sigaction(SIGUSR1, nil, &action) == 0, action.__sigaction_handler.sa_handler == nil { await Task.yield() }
    kill(getpid(), SIGUSR1)
}
