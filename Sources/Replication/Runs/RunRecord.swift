public import Foundation
import Lake
import ObjectStorage
import Telemetry

/// What one run of a command has done, kept in the lake for those who ask later.
///
///     _sluice/runs/2026/11/22/020013417-backfill-1f0c9a2e.json
///
/// The day and the time are those of its start, UTC; releases before this one wrote no milliseconds.
public struct RunRecord: Codable, Sendable, Hashable {
    /// What a run has done with one table; what does not apply is absent.
    public struct Table: Codable, Sendable, Hashable {
        /// The table, as messages name it.
        public var table: String
        /// Rows that were exported or compared.
        public var rows: Int?
        /// Changes that were taken up.
        public var changes: Int?
        /// Days that were written, removed or compared.
        public var days: Int?
        /// Files that were written.
        public var files: Int?
        /// Bytes of these.
        public var bytes: Int?
        /// How long it took.
        public var seconds: Double?
        /// What came of it, in a few words, where numbers do not tell.
        public var result: String?

        /// Describes what was done; whatever is left out does not apply.
        public init(_ table: String) {
            self.table = table
        }
    }

    /// Tells runs apart that have begun in the same second.
    public var id: String
    /// The command.
    public var command: String
    /// What it was to do, in the words of its options.
    public var mode: String
    /// The release of the program.
    public var version: String
    /// The machine and the process; nil in records of earlier releases.
    public var by: String?
    /// When it began.
    public var started: Date
    /// When it ended.
    public var finished: Date
    /// Changes that it has brought into the lake; nil if it does not bring any.
    public var changes: Int?
    /// What it has done, table by table.
    public var tables: [Table]
    /// The tables that failed, or differ.
    public var failedTables: [String]
    /// Why it failed, without secrets; nil if it did not.
    public var error: String?

    /// Whether it did all that it was to do.
    public var isOK: Bool { error == nil && failedTables.isEmpty }
}

// MARK: - Keys

extension RunRecord {
    /// What the keys of all records begin with.
    static let folder = "_sluice/runs/"

    /// The day of a moment in keys: `2026/11/22`.
    static func day(_ moment: Date) -> String { String(text(of: moment).prefix(10)).replacing("-", with: "/") }

    /// Where the record is kept.
    var key: String {
        let time = Self.text(of: started).dropFirst(11).filter(\.isNumber)
        return "\(Self.folder)\(Self.day(started))/\(time)-\(command)-\(id).json"
    }

    /// Whether a key is one that ``key`` gives for some record.
    static func isKey(_ key: String) -> Bool {
        let pattern = /_sluice\/runs\/[0-9]{4}\/[0-9]{2}\/[0-9]{2}\/[0-9]{6}(?:[0-9]{3})?-[a-z]+-[0-9a-z]+\.json/
        return key.wholeMatch(of: pattern) != nil
    }
}

// MARK: - Bytes

extension RunRecord {
    /// How records write moments: `2026-11-22T02:00:13.417Z`.
    public static let dateEncoding = JSONEncoder.DateEncodingStrategy.custom { moment, encoder in
        var container = encoder.singleValueContainer()
        try container.encode(text(of: moment))
    }

    private static let dateDecoding = JSONDecoder.DateDecodingStrategy.custom { decoder in
        let text = try decoder.singleValueContainer().decode(String.self)
        let precise = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return try (try? precise.parse(text)) ?? Date.ISO8601FormatStyle().parse(text)
    }

    private static func text(of moment: Date) -> String {
        // A record may name any moment, and years have four digits.
        let milliseconds = min(max((moment.timeIntervalSince1970 * 1000).rounded(), 0), 253_402_300_799_999)
        return "\(UTCTime(millisecondsSinceEpoch: Int(milliseconds)))"
    }

    /// The record as JSON.
    func encoded() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = Self.dateEncoding
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return [UInt8](try encoder.encode(self))
    }

    /// Reads what ``encoded()`` gives, of this release or an earlier one; nil if it is something else.
    init?(decoding bytes: [UInt8]) {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = Self.dateDecoding
        guard let record = try? decoder.decode(RunRecord.self, from: Data(bytes)) else { return nil }
        self = record
    }
}
