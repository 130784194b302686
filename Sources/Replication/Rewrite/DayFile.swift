import Columnar
import Lake
import ObjectStorage
import Parquet

/// The object of a day as far as rewriting has to know it without reading rows.
struct DayFile: Sendable {
    /// A row group.
    struct Group: Sendable {
        var rowCount: Int
        var uncompressedByteCount: Int
        /// The bytes of its pages in the object.
        var compressedByteCount: Int
        /// For each key column of ``DayFile/keyColumns`` what the statistics say.
        var bounds: [Bounds]
    }

    /// What is known of a key column's values in a row group.
    struct Bounds: Sendable {
        /// Least and greatest value in PLAIN encoding without a length; nil where the footer does not tell.
        var range: (least: [UInt8], greatest: [UInt8])?
        var mayHaveNulls: Bool
        var hasFilter: Bool
    }

    /// The day; nil for a table without days.
    var day: CalendarDate?
    var info: ObjectInfo
    var progress: DayProgress
    /// The table's columns in the file.
    var layout: RowLayout
    var hasDeleted: Bool
    var hasRescued: Bool
    /// Whether some of its rows are marked as deleted while no change has said so yet; see ``KeptRows``.
    let hasUnconfirmed: Bool
    /// How its rows found their day, as far as the file says.
    var partition: TableDescription.Partition?
    /// The names of the columns whose bounds are known.
    var keyColumns: [String]
    /// The row groups; without those that a day took in ahead of its other changes.
    var groups: [Group]
    /// What follows that the day took in ahead; nil if nothing does.
    var additions: DayAdditions?

    var rowCount: Int { groups.reduce(0) { $0 + $1.rowCount } }

    /// Takes what matters out of an object's footer.
    ///
    /// - Throws: ``ReplicationError`` if the object is none that holds current rows.
    init(_ info: ObjectInfo, day: CalendarDate?, _ reader: ParquetFileReader, in store: any ObjectStore)
        throws(ReplicationError)
    {
        guard let progress = DayProgress(reader) else {
            throw ReplicationError(
                .lake,
                "\(store.location)/\(info.key) does not say which changes it holds: it was not written by sluice, or by a "
                    + "release that did not say it; export the day again with sluice backfill"
            )
        }
        self.info = info
        self.day = day
        self.progress = progress
        layout = RowLayout(dayFile: reader.schema)
        let own = reader.schema.fields.dropFirst(layout.columns.count).map(\.name)
        hasDeleted = own.contains(RowLayout.deleted)
        hasRescued = own.contains(RowLayout.rescued)
        let description = TableDescription(
            keyValues: reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") }
        )
        partition = description?.partition
        let leaves = (description?.key ?? []).compactMap { name in
            reader.leaves.first { $0.path.count == 1 && $0.path[0].isSameName(as: name) }
        }
        keyColumns = leaves.map { $0.path[0] }
        additions = DayAdditions(reader.keyValueMetadata.map { (key: $0.key, value: $0.value ?? "") })
        let groupCount = reader.rowGroupCount - (additions?.groupCount ?? 0)
        guard groupCount >= 0 else {
            throw ReplicationError(
                .lake,
                "\(store.location)/\(info.key) has fewer row groups than its footer says; export the day again with sluice "
                    + "backfill"
            )
        }
        let lsn = reader.leaves.first { $0.path == [RowLayout.lsn] }
        hasUnconfirmed =
            lsn.map { leaf in
                (0..<reader.rowGroupCount).contains { index in
                    let statistics = reader.statistics(ofRowGroup: index, leaf: leaf)
                    return statistics?.nullCount ?? 0 > 0 || statistics?.min?.last ?? 0 >= 0x80
                }
            } ?? false
        groups = (0..<groupCount).map { index in
            Group(
                rowCount: reader.rowCount(ofRowGroup: index),
                uncompressedByteCount: reader.metadata.rowGroups[index].uncompressedByteCount,
                compressedByteCount: reader.metadata.rowGroups[index].columns.reduce(0) { total, column in
                    min(info.byteCount, total + min(max(0, column.compressedByteCount), info.byteCount))
                },
                bounds: leaves.map { leaf in
                    let statistics = reader.statistics(ofRowGroup: index, leaf: leaf)
                    var range: (least: [UInt8], greatest: [UInt8])?
                    if let least = statistics?.min, let greatest = statistics?.max { range = (least, greatest) }
                    return Bounds(
                        range: range,
                        mayHaveNulls: statistics?.nullCount != 0,
                        hasFilter: reader.metadata.rowGroups[index].columns[leaf.index].bloomFilterOffset != nil
                    )
                }
            )
        }
    }
}

extension ReplicationError {
    private static let unnamedTable = "and --table"

    /// What it says, with the option that names the table in commands where only the object was known.
    func text(naming option: String) -> String { description.replacing(Self.unnamedTable + ",", with: option + ",") }

    /// An object of the lake that cannot be read.
    init(reading key: String, _ error: ParquetReadError, in store: any ObjectStore) {
        let reason = String("\(error)".reversed().drop { $0 == "." }.reversed())
        let text = "cannot read \(store.location)/\(key): \(reason)"
        // The store's own errors come through the reader as text; what is not the file's fault may pass.
        guard error.code != .io else {
            self.init(.lake, text, isTransient: true)
            return
        }
        let options = LakeLayout.day(ofKey: key).map { "--date \($0)" } ?? "--mode full"
        self.init(
            .lake,
            "\(text); export it again with sluice backfill \(options) \(Self.unnamedTable), then run sluice rewrite",
            damagedKey: [.truncated, .malformed, .checksum].contains(error.code) ? key : nil
        )
    }
}
