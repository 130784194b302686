import Foundation
import Replication
import Telemetry

/// What `sluice history` prints.
struct HistoryReport {
    /// Characters of an error in one line.
    private static let longestError = 100

    let records: [RunRecord]

    init(_ records: [RunRecord]) {
        self.records = records
    }

    // MARK: - Text

    /// A line for each run.
    var text: String {
        guard !records.isEmpty else { return "no runs\n" }
        var rows = [["started", "command", "mode", "seconds", "tables", "rows", "changes", "result"]]
        for record in records {
            rows.append([
                Self.time(record.started), record.command, record.mode,
                HumanUnits.seconds(.seconds(max(0, record.finished.timeIntervalSince(record.started)))),
                "\(record.tables.count)", Self.sum(record.tables.map(\.rows)),
                record.changes.map { HumanUnits.count($0) } ?? Self.sum(record.tables.map(\.changes)),
                Self.result(of: record),
            ])
        }
        return "\(TextTable(rows, rightAligned: [3, 4, 5, 6]))"
    }

    private static func time(_ moment: Date) -> String {
        let milliseconds = min(max((moment.timeIntervalSince1970 * 1000).rounded(), 0), 253_402_300_799_999)
        let text = "\(UTCTime(millisecondsSinceEpoch: Int(milliseconds)))"
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
    }

    /// The sum of what is known; nothing if nothing is.
    private static func sum(_ numbers: [Int?]) -> String {
        let known = numbers.compactMap { $0 }
        // A record may hold any number.
        let sum = known.reduce(0) { $0.addingReportingOverflow($1).partialValue }
        return known.isEmpty ? "" : HumanUnits.count(sum)
    }

    private static func result(of record: RunRecord) -> String {
        var parts: [String] = []
        if !record.failedTables.isEmpty { parts.append("failed: \(record.failedTables.joined(separator: ", "))") }
        if let error = record.error { parts.append(error) }
        let text = parts.joined(separator: "; ")
        return parts.isEmpty ? "ok" : text.count > longestError ? "\(text.prefix(longestError - 1))…" : text
    }

    // MARK: - JSON

    /// The records for programs.
    ///
    /// - Returns: A JSON object without a final newline.
    /// - Throws: An encoding error, which no record can cause.
    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = RunRecord.dateEncoding
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(["runs": records]), as: UTF8.self)
    }
}
