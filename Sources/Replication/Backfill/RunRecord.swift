import Foundation
import Lake
import ObjectStorage
import Telemetry

/// What one run has done, kept in the lake.
struct RunRecord: Encodable, Sendable {
    struct Table: Encodable, Sendable {
        var table: String
        var rows: Int
        var files: Int
        var bytes: Int
        var seconds: Double
    }

    var id: String
    var command = "backfill"
    var mode: String
    var version = ReleaseVersion.current
    var started: Date
    var finished: Date
    var tables: [Table]
    var failedTables: [String]

    init(_ report: Backfill.Report, request: BackfillRequest, started: Date) {
        id = UUID().uuidString.prefix(8).lowercased()
        mode = request.mode == .full ? "full" : "incremental"
        self.started = started
        finished = Date()
        failedTables = report.failedTables
        tables = report.summary.rows.map { row in
            Table(
                table: row.table,
                rows: row.rows,
                files: row.files,
                bytes: row.bytes,
                seconds: Double(row.elapsed.components.seconds) + Double(row.elapsed.components.attoseconds) / 1e18
            )
        }
    }

    /// Writes the record to `_sluice/runs/<year>/<month>/<day>/<time>-<command>-<id>.json`.
    func write(to store: any ObjectStore) async throws {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        let calendar = Calendar(identifier: .gregorian)
        let parts = calendar.dateComponents(in: .gmt, from: started)
        func two(_ value: Int?) -> String { (value ?? 0) < 10 ? "0\(value ?? 0)" : "\(value ?? 0)" }
        let day = "\(parts.year ?? 0)/\(two(parts.month))/\(two(parts.day))"
        let time = two(parts.hour) + two(parts.minute) + two(parts.second)
        do {
            let body = try encoder.encode(self)
            try await store.put("_sluice/runs/\(day)/\(time)-\(command)-\(id).json", .bytes([UInt8](body)))
        } catch let error as ObjectStorageError {
            throw ReplicationError(error)
        }
    }
}
