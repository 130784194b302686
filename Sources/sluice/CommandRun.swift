import ArgumentParser
import Logging
import Replication
import Telemetry

/// What the program's exit code says.
extension ExitCode {
    /// The work failed; the last line says what and what to do.
    static let workFailed = ExitCode(1)
    /// The configuration was refused (`EX_CONFIG` of sysexits.h).
    static let wrongConfiguration = ExitCode(78)
}

/// Work that failed, in one sentence with the remedy.
struct WorkFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// Runs a command's work: signals cancel it, failures are logged, and each kind has its exit code.
struct CommandRun {
    var logger: Logger
    var signals = SignalTrap.standardSignals
    /// How loudly a signal is answered; a command that shows something until it is told to stop need not say more.
    var signalLevel = Logger.Level.warning
    /// What holds after an interruption, and what to do then.
    var afterInterruption = "days that were finished are in the lake; run the same command again"
    /// Ends after the last line has been logged.
    private let watch = RunWatch()

    /// Makes the run visible from outside as the settings ask for, until it ends.
    ///
    /// - Parameters:
    ///   - command: What it is called.
    ///   - options: From where it can be watched.
    ///   - lake: Where its lake is: unless that is another store than AWS's, CloudWatch is reached by the same profile, and in
    ///     the same region where the options name none.
    ///   - slot: The slot that it works on.
    ///   - instruments: What tells of it.
    /// - Returns: The instruments, for the work to tell what it does.
    @discardableResult
    func monitor(
        _ command: String,
        _ options: MonitoringOptions,
        lake: LakeOptions,
        slot: String,
        instruments: Instruments = Instruments()
    ) -> Instruments {
        watch.begin(command, options, lake: lake, slot: slot, instruments: instruments)
        return instruments
    }

    /// Runs the work to its end.
    ///
    /// - Returns: What the work returns.
    /// - Throws: The exit code, after the reason has been logged.
    @discardableResult
    func perform<Result: Sendable>(
        _ work: sending @escaping () async throws -> Result
    ) async throws(ExitCode) -> Result {
        let task = Task { try await work() }
        let trap: SignalTrap
        do {
            trap = try SignalTrap(signals) { signal in
                logger.log(
                    level: signalLevel,
                    "\(signal.name): stops as soon as possible; a second signal ends the program at once"
                )
                task.cancel()
            }
        } catch {
            task.cancel()
            throw report(error, interruptedBy: nil)
        }
        let result = await withTaskCancellationHandler {
            await task.result
        } onCancel: {
            task.cancel()
        }
        let signal = trap.release()
        switch result {
        case .success(let value):
            await watch.end()
            return value
        case .failure(let error):
            let code = report(error, interruptedBy: signal)
            await watch.end()
            throw code
        }
    }

    private func report(_ error: any Error, interruptedBy signal: SignalTrap.Signal?) -> ExitCode {
        if let signal {
            logger.error("interrupted by \(signal.name): \(afterInterruption)", metadata: ["reason": "\(error)"])
            return .workFailed
        }
        if let error = error as? SettingsError {
            for problem in error.problems { logger.error("\(problem)") }
            return .wrongConfiguration
        }
        logger.error("\(error)")
        if let error = error as? ReplicationError, error.code == .configuration { return .wrongConfiguration }
        return .workFailed
    }
}
