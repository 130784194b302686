import Foundation
import Ingest
import Lake
import Logging
import ObjectStorage
import Parquet
import PostgresClient
import PostgresWire
import Telemetry
import TestSupport
import Testing

@testable import Replication

/// A database of its own on the PostgreSQL of scripts/test, and a lake to which it is exported.
final class ChecksumDatabase: Sendable {
    private static let variable = "SLUICE_TEST_POSTGRES"
    private static let environment = ProcessInfo.processInfo.environment

    /// Whether tests of a server run: also where the server is required and missing, so that they fail.
    static var isWanted: Bool { environment[variable] != nil || environment["SLUICE_TEST_SERVERS"] == "required" }

    let folder: TemporaryFolder
    let url: DatabaseURL
    let rules: [TableRule]
    private let everyTable: TablePattern
    private let name: String

    /// Creates the database and runs files of scripts/verify/fixtures or statements in it.
    init(fixtures: [String] = [], sql: [String] = [], encoding: String = "UTF8", rules: [TableRule] = []) throws {
        let number = UInt64.random(in: 0...UInt64.max)
        name = "sluice_checksums_\(String(number, radix: 36))"
        self.rules = rules
        everyTable = try TablePattern("*.*")
        folder = try TemporaryFolder()
        let server = try Self.server()
        try server.command(
            "CREATE DATABASE \(name) ENCODING '\(encoding)' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        )
        url = try DatabaseURL(Self.uri(of: name))
        let connection = try connect()
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../scripts/verify/fixtures")
        for fixture in fixtures {
            let text = try String(contentsOf: folder.appendingPathComponent(fixture), encoding: .utf8)
            // What is for psql alone, and what does not go into one transaction with the rest.
            let lines = text.split(separator: "\n").filter { !$0.hasPrefix("\\") && !$0.hasPrefix("VACUUM") }
            try connection.command(lines.joined(separator: "\n"))
        }
        for statement in sql { try connection.command(statement) }
    }

    deinit {
        _ = try? Self.server().command("DROP DATABASE IF EXISTS \(name) WITH (FORCE)")
    }

    private static func server() throws -> PostgresConnection {
        let uri = try #require(environment[variable], "\(variable) is not set, and SLUICE_TEST_SERVERS=required")
        return try PostgresConnection(uri: uri)
    }

    private static func uri(of name: String) throws -> String {
        var parts = try #require(URLComponents(string: environment[variable] ?? ""))
        parts.path = "/" + name
        return try #require(parts.string)
    }

    func connect() throws -> PostgresConnection {
        try PostgresConnection(uri: url.connectionString, defaults: [("client_encoding", "UTF8")])
    }

    func execute(_ sql: String) throws { try connect().command(sql) }

    private var request: BackfillRequest {
        BackfillRequest(
            database: url,
            lake: LakeOptions(location: .folder(path: folder.path)),
            mode: .full,
            selection: [everyTable],
            rules: rules,
            spill: .insideLake,
            maskSalt: MaskSalt("grain")
        )
    }

    /// Exports all tables.
    func export() async throws {
        var logger = Logger(label: "checksums")
        logger.logLevel = .error
        let progress = ProgressReporter(label: "exporting", logger: logger)
        let report = try await Backfill(request, logger: logger, progress: progress).run()
        #expect(report.failedTables == [])
    }

    /// A table as both sides have it.
    struct Sides {
        var plan: ChecksumPlan
        var database: [CalendarDate?: DayChecksum]
        var lake: [CalendarDate?: DayChecksum]

        /// What differs, by day.
        var differences: [String: ChecksumDifference] {
            var found: [String: ChecksumDifference] = [:]
            let none = DayChecksum(columnCount: plan.columns.count)
            for day in Set(database.keys).union(lake.keys) {
                let difference = plan.difference(database: database[day] ?? none, lake: lake[day] ?? none)
                if let difference { found[day.map(\.description) ?? ""] = difference }
            }
            return found
        }
    }

    /// The checksums of all tables, or of one, by the names that messages give them.
    func sides(of table: String? = nil, days: ClosedRange<CalendarDate>? = nil) async throws -> [String: Sides] {
        let (request, url) = (request, url)
        let store = try LocalFolderStore(path: folder.path)
        var objects: [ObjectInfo] = []
        for try await object in store.list(prefix: "") where !object.key.hasPrefix("_") { objects.append(object) }
        return try await onOwnThread("checksums") { [objects] in
            let session = DatabaseSession(url: url, control: RunControl())
            let reader = CatalogReader(try session.connect())
            let connection = try session.connect()
            let planner = TablePlanner(
                request: request,
                types: try reader.types(),
                snapshot: SharedSnapshot(identifier: "", transactions: nil, lsn: "0/0"),
                today: CalendarDate(daysSinceEpoch: 20_000)
            )
            let readers = DayReaders(store: store)
            var sides: [String: Sides] = [:]
            for var source in try reader.tables() where source.displayName == table ?? source.displayName {
                try reader.complete(&source)
                let plan = try planner.checksumPlan(of: source, carriedBy: nil)
                var lake: [CalendarDate?: DayChecksum] = [:]
                for object in objects where LakeLayout.isCurrentRows(object.key, of: plan.lakeName) {
                    let day = LakeLayout.day(ofKey: object.key)
                    if let days, let day, !days.contains(day) { continue }
                    let checksum = try plan.read(object, through: readers, control: RunControl())
                    if checksum.rowCount > 0 { lake[day] = checksum }
                }
                let database = try plan.read(from: connection, days: days)
                sides[source.displayName] = Sides(plan: plan, database: database, lake: lake)
            }
            return sides
        }
    }
}
