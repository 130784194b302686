public import Logging
import PostgresClient
import Telemetry

/// Looks at everything that sluice needs, before it runs.
///
/// Nothing is changed, but for an object in the lake that is written and removed again. A look that fails is a finding
/// itself and hides no other.
public struct Preflight: Sendable {
    /// What sluice is wanted for.
    public enum Purpose: String, CaseIterable, Sendable {
        /// Continuous replication, and all that it has to do with.
        case replicate
        /// Exports only, which need neither slot nor publication.
        case backfill
    }

    private let request: ReplicationRequest
    private let purpose: Purpose
    private let command: SluiceCommand
    private let logger: Logger

    /// Prepares the look at what a request needs.
    ///
    /// - Parameters:
    ///   - request: What is to run.
    ///   - purpose: What it is wanted for.
    ///   - options: The options of the command line by which other commands find the same settings, database and lake;
    ///     never a secret, as they are printed.
    ///   - logger: For what is no finding.
    public init(_ request: ReplicationRequest, purpose: Purpose, options: [String] = [], logger: Logger) {
        self.request = request
        self.purpose = purpose
        command = SluiceCommand(options: options)
        self.logger = logger
    }

    /// Looks everywhere at the same time, and tells what was found in the order of the groups.
    ///
    /// - Throws: ``ReplicationError`` with code `cancelled`.
    public func run() async throws -> [Finding] {
        async let remote = RemoteCheck.findings(remoteChecks)
        var findings = try await databaseFindings()
        findings += await remote
        // Of what cannot be reached it was said already.
        let isReachable = !findings.contains { $0.status == .fail && ($0.check == "server" || $0.group == .lake) }
        if purpose == .replicate, isReachable { findings += await checkpointCheck.findings() }
        guard !Task.isCancelled else { throw ReplicationError.cancelled }
        let order = Finding.Group.allCases
        return order.flatMap { group in findings.filter { $0.group == group } }
    }

    // MARK: - The database

    private func databaseFindings() async throws -> [Finding] {
        let control = RunControl()
        let session = DatabaseSession(url: request.database, control: control)
        let subject = DatabaseCheck.Subject(request: request, purpose: purpose, session: session, command: command)
        return try await withTaskCancellationHandler {
            try await onOwnThread("sluice-check") {
                defer { control.forgetInterrupts() }
                return try Self.databaseFindings(subject, control)
            }
        } onCancel: {
            control.cancel()
        }
    }

    private static func databaseFindings(_ subject: DatabaseCheck.Subject, _ control: RunControl) throws -> [Finding] {
        let reader: CatalogReader
        do throws(ReplicationError) {
            reader = CatalogReader(try subject.session.connect())
        } catch {
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            let remedy = Remedy.shell("psql \(PasteableShell.word(subject.request.database.withoutSecrets))")
            return [Finding(.fail, .database, "server", "\(error); tables and slot were not looked at", [remedy])]
        }
        var findings: [Finding] = []
        for check in DatabaseCheck.all where subject.purpose == .replicate || !check.isOfStream {
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            do {
                findings += try check.look(reader, subject)
            } catch {
                let text = (error as? PostgresError).map { "\(ReplicationError($0, table: nil))" } ?? "\(error)"
                findings.append(Finding(.fail, check.group, check.name, text))
                if (error as? PostgresError)?.code == .connectionLost { break }
            }
        }
        return findings
    }

    // MARK: - The rest

    /// The looks at what is not the database, in the order in which they are told.
    private var remoteChecks: [RemoteCheck] {
        let (lake, spill) = (request.lake, request.spill.parent(lake: request.lake))
        return [
            RemoteCheck(.lake, "lake") { await LakeCheck(lake: lake).findings() },
            RemoteCheck(.lake, "spill") { [LakeCheck.spillFinding(spill)].compactMap { $0 } },
            RemoteCheck(.aws, "identity") { await CallerCheck(lake: lake).findings() },
            RemoteCheck(.aws, "catalog") { [request] in
                guard let options = request.athena else { return [] }
                return try await CatalogCheck(request: request, options: options).findings()
            },
            RemoteCheck(.aws, "cloudwatch") { [request] in
                guard let options = request.monitoring.cloudWatch else { return [] }
                return try await CloudWatchCheck(options: options, lake: request.lake).findings()
            },
        ]
    }

    private var checkpointCheck: RemoteCheck {
        let (request, logger) = (request, logger)
        return RemoteCheck(.slot, "checkpoint") {
            try await ReplicationStatus.read(request, logger: logger).checkpointFindings
        }
    }
}

extension ReplicationStatus {
    /// Whether slot and lake belong together.
    var checkpointFindings: [Finding] {
        // Somebody makes the slot or loads the tables just now.
        let mayFollow = checkpoint == nil && slot?.activePID != nil
        return checkpointProblems.map { Finding(mayFollow ? .warn : .fail, .slot, "checkpoint", of: slotName, $0) }
    }
}
