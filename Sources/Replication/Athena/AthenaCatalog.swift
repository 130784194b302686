import AWS
import Lake
public import Logging
import ObjectStorage
import PostgresClient
public import PostgresWire
import Telemetry

/// The lake's tables in the catalog that Athena reads.
public struct AthenaCatalog: Sendable {
    /// What is to become of the catalog.
    public enum Purpose: Sendable {
        /// All is made as the lake and the settings have it.
        case setup
        /// What is missing is added; what others have changed stays.
        case repair
    }

    let request: ReplicationRequest
    let logger: Logger

    /// Prepares to work on a catalog.
    ///
    /// - Parameters:
    ///   - request: Which lake, which slot and which catalog.
    ///   - logger: Is told what readers of the tables have to know.
    public init(_ request: ReplicationRequest, logger: Logger) {
        self.request = request
        self.logger = logger
    }

    /// Brings the catalog up to what the lake has.
    ///
    /// - Parameters:
    ///   - purpose: What is to become of it.
    ///   - tables: The tables by their names in the database; empty for all that the lake has.
    /// - Returns: What was done about each thing; also about those that failed, while others went on.
    /// - Throws: ``ReplicationError`` if the catalog or the lake cannot be reached or refuses altogether.
    public func update(_ purpose: Purpose, tables: [TablePattern]) async throws -> [CatalogChange] {
        let options = try required()
        let store = try openStore()
        let control = RunControl()
        let (request, logger) = (request, logger)
        return try await withTaskCancellationHandler {
            try await onOwnThread("sluice-athena") {
                do {
                    let reading = try CatalogReading(store, slot: request.slot, cancelledBy: control)
                    var update = try CatalogUpdate(options, services: try request.lake.services())
                    update.addsOnly = purpose == .repair
                    let run = CatalogRun(
                        request: request,
                        update: update,
                        reading: reading,
                        logger: logger,
                        control: control
                    )
                    return try Self.bring(run, purpose, tables)
                } catch let error as AWSError {
                    throw ReplicationError(error)
                }
            }
        } onCancel: {
            control.cancel()
        }
    }

    /// Brings in what is missing after an export or a rewriting, and tells the logger.
    ///
    /// What fails is a warning: a catalog is no reason for either to fail.
    public func follow() async {
        do {
            for change in try await update(.repair, tables: []) { change.tell(logger) }
        } catch {
            logger.warning("the catalog is not up to date: \(error); then run sluice athena repair")
        }
    }

    private static func bring(
        _ run: CatalogRun,
        _ purpose: Purpose,
        _ patterns: [TablePattern]
    ) throws -> [CatalogChange] {
        var run = run
        let entries = try CatalogEntries(run.reading, run.request).list(patterns) { run.keepsDeleted($0) }
        if purpose == .setup {
            let comments = Comments.read(entries, run)
            run.comments = { comments[$0.name] }
        }
        var changes = [try run.database()]
        var brought: [CatalogEntry] = []
        for entry in entries {
            do {
                changes += try run.tables(entry)
                brought.append(entry)
            } catch let error as AWSError where error.code != .cancelled {
                changes.append(CatalogChange(.table, entry.name, .failed(error.description)))
                // The others would fail in the same way; what was done is told all the same.
                if error.isAboutAll { return changes }
            }
        }
        return changes + (try views(brought, run))
    }

    /// The views come last: who may not run statements still has the tables.
    private static func views(_ entries: [CatalogEntry], _ run: CatalogRun) throws -> [CatalogChange] {
        var changes: [CatalogChange] = []
        for entry in entries {
            guard let table = run.reading.source(of: entry.name) else { continue }
            do {
                if let view = try run.view(table, over: run.wanted(entry)) { changes.append(view) }
            } catch let error as AWSError where error.code != .cancelled {
                changes.append(CatalogChange(.view, entry.name + "_live", .failed(error.description)))
                if error.isAboutAllStatements { return changes }
            }
        }
        return changes
    }

    func required() throws(ReplicationError) -> AthenaOptions {
        guard let options = request.athena else {
            throw ReplicationError(.configuration, "no catalog is named: set athena.database in the settings file")
        }
        guard case .s3 = request.lake.location else {
            throw ReplicationError(
                .configuration,
                "Athena reads S3 alone, and the lake is \(request.lake.displayName): set lake.url to s3://bucket/prefix, or "
                    + "take sluice athena sql for another engine"
            )
        }
        return options
    }

    func openStore() throws -> any ObjectStore {
        guard let store = try request.lake.openIfPresent() else {
            throw ReplicationError(withoutTables: request)
        }
        return store
    }

    /// What the database says, which only makes the catalog nicer: where it cannot be asked, nothing fails.
    private enum Comments {
        static func read(_ entries: [CatalogEntry], _ run: CatalogRun) -> [String: CatalogEntry.Comments] {
            var comments: [String: CatalogEntry.Comments] = [:]
            do {
                let connection = try DatabaseSession(url: run.request.database, control: run.control).connect()
                for entry in entries {
                    comments[entry.name] = try CatalogComments.read(
                        of: entry.description.table,
                        columns: run.reading.schemas.tables[entry.name] ?? [],
                        on: connection
                    )
                }
            } catch {
                run.logger.warning("comments of tables and columns stay as they are in the catalog: \(error)")
            }
            run.control.forgetInterrupts()
            return comments
        }
    }
}

extension LakeOptions {
    /// The services of AWS in the lake's region, with its credentials.
    func services() throws(AWSError) -> AWSServices {
        var options = AWSServices.Options()
        options.region = region
        options.profile = profile
        return try AWSServices(options)
    }
}

extension ReplicationError {
    /// The lake has nothing that a catalog could have.
    init(withoutTables request: ReplicationRequest) {
        self.init(
            .lake,
            "\(request.lake.displayName) has no tables: run sluice replicate or sluice backfill first"
        )
    }
}
