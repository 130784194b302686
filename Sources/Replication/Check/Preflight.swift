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

    /// One look at something outside the database, independent of the others.
    public struct RemoteCheck: Sendable {
        /// Where it looks.
        public var group: Finding.Group
        /// What it is called where it fails itself.
        public var name: String
        /// What it finds.
        public var look: @Sendable () async throws -> [Finding]

        /// Makes a look.
        public init(_ group: Finding.Group, _ name: String, look: @escaping @Sendable () async throws -> [Finding]) {
            self.group = group
            self.name = name
            self.look = look
        }
    }

    private let request: ReplicationRequest
    private let purpose: Purpose
    private let logger: Logger

    /// Prepares the look at what a request needs.
    public init(_ request: ReplicationRequest, purpose: Purpose, logger: Logger) {
        self.request = request
        self.purpose = purpose
        self.logger = logger
    }

    /// Looks, and tells what was found in the order of the groups.
    ///
    /// - Throws: ``ReplicationError`` with code `cancelled`.
    public func run() async throws -> [Finding] {
        let control = RunControl()
        let (request, purpose) = (request, purpose)
        let database = try await withTaskCancellationHandler {
            try await onOwnThread("sluice-check") {
                defer { control.forgetInterrupts() }
                return try Self.databaseFindings(request, purpose, control)
            }
        } onCancel: {
            control.cancel()
        }
        var findings = await database + Self.remoteFindings(remoteChecks)
        // Of what cannot be reached it was said already.
        let isReachable = !findings.contains { $0.status == .fail && ($0.check == "server" || $0.group == .lake) }
        if purpose == .replicate, isReachable { findings += await Self.remoteFindings([checkpointCheck]) }
        guard !Task.isCancelled else { throw ReplicationError.cancelled }
        let order = Finding.Group.allCases
        return order.flatMap { group in findings.filter { $0.group == group } }
    }

    // MARK: - The database

    private static func databaseFindings(
        _ request: ReplicationRequest,
        _ purpose: Purpose,
        _ control: RunControl
    ) throws -> [Finding] {
        let session = DatabaseSession(url: request.database, control: control)
        let subject = DatabaseCheck.Subject(request: request, purpose: purpose, session: session)
        let reader: CatalogReader
        do throws(ReplicationError) {
            reader = CatalogReader(try session.connect())
        } catch {
            guard !control.isCancelled else { throw ReplicationError.cancelled }
            let remedy = Remedy.shell("psql \(PasteableShell.word(request.database.withoutSecrets))")
            return [Finding(.fail, .database, "server", "\(error); tables and slot were not looked at", [remedy])]
        }
        var findings: [Finding] = []
        for check in DatabaseCheck.all where purpose == .replicate || !check.isOfStream {
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

    private static func remoteFindings(_ checks: [RemoteCheck]) async -> [Finding] {
        var findings: [Finding] = []
        for check in checks {
            do {
                findings += try await check.look()
            } catch {
                findings.append(Finding(.fail, check.group, check.name, "\(error)"))
            }
        }
        return findings
    }
}

extension ReplicationStatus {
    /// Whether slot and lake belong together.
    var checkpointFindings: [Finding] {
        checkpointProblems.map { Finding(.fail, .slot, "checkpoint", of: slotName, $0) }
    }
}
