import Foundation

extension ValidationReport {
    /// The report for programs: sizes are bytes, absent values are left out.
    ///
    /// - Returns: A JSON object without a final newline.
    /// - Throws: An encoding error, which no report can cause.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(ValidationDocument(self)), as: UTF8.self)
    }
}

/// The JSON object's shape.
private struct ValidationDocument: Encodable {
    struct Table: Encodable {
        let name: String
        let source: String
        let streamed: Bool
        let days: Int
        let rows: Int
        let bytes: Int
        let comparedDays: Int?
        let comparedRows: Int?
    }

    let lake: String
    let ok: Bool
    let deep: Bool
    let seconds: Double
    let tables: [Table]
    let findings: [ValidationFinding]
    let conclusion: String

    init(_ report: ValidationReport) {
        lake = report.lake
        ok = report.isRight
        deep = report.isDeep
        seconds = (report.elapsed / .milliseconds(1)).rounded() / 1e3
        tables = report.tables.map { table in
            Table(
                name: table.name,
                source: table.source,
                streamed: table.isStreamed,
                days: table.fileCount,
                rows: table.rowCount,
                bytes: table.byteCount,
                comparedDays: table.comparedDays,
                comparedRows: table.comparedRows
            )
        }
        findings = report.findings
        conclusion = report.conclusion
    }
}
