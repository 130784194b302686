import Columnar
import Lake
import ObjectStorage
import Parquet
import PostgresWire

/// Writes the changes of several files, in their order and each once, to one local file.
///
/// Holds a row group's pages and what ``ChangeSource`` holds. Blocks the calling thread.
struct ChangeMerge {
    /// The bytes of changes that are encoded at a time.
    private static let batchByteCount = 4 << 20

    let store: any ObjectStore
    let options: WriterOptions
    let control: RunControl

    /// Merges files whose tables look the same.
    ///
    /// - Parameters:
    ///   - files: The files.
    ///   - path: A local file, which is replaced.
    /// - Returns: The file, which is whole, and the changes in it.
    /// - Throws: ``ReplicationError``; nothing is left behind.
    func write(_ files: [ChangeFile], to path: String) throws -> (file: RowGroupFile, rowCount: Int) {
        var file = RowGroupFile(path: path)
        // Row groups are appended to what is there.
        file.remove()
        do {
            let end = ChangePosition(lsn: LSN(rawValue: .max))
            let source = ChangeSource(files: files, in: store, after: .start, through: end)
            let scratch = PageScratch()
            var schema: ChangeFileSchema?
            var writer: RowGroupWriter?
            var rowCount = 0
            while let batch = try source.next(maximumByteCount: Self.batchByteCount) {
                guard !control.isCancelled else { throw ReplicationError.cancelled }
                let known = schema ?? batch.file
                guard batch.file.describesTheSame(as: known) else {
                    throw ReplicationError.unreadableChanges(
                        batch.file.key,
                        "its table has not the columns that it had when the file was to be merged with \(known.key)"
                    )
                }
                let open = try writer ?? RowGroupWriter(schema: known.table, options: options)
                (schema, writer) = (known, open)
                try open.append(batch.rows, scratch: scratch)
                rowCount += batch.rowCount
                if open.isFull { try file.append(open, scratch: scratch) }
            }
            guard let schema, let writer else {
                throw ReplicationError(
                    .lake,
                    "the files of changes that were to be merged have none: \(files[0].object.key)"
                )
            }
            if writer.rowCount > 0 { try file.append(writer, scratch: scratch) }
            try finish(&file, schema)
            return (file, rowCount)
        } catch {
            file.remove()
            guard let error = error as? ParquetError else { throw error }
            throw ReplicationError(
                .lake,
                "cannot merge files of changes, the first being \(files[0].object.key): \(error)"
            )
        }
    }

    private func finish(_ file: inout RowGroupFile, _ schema: ChangeFileSchema) throws {
        let byteCount = file.byteCount
        let keyValues = schema.keyValues.map { entry in
            entry.key == "sluice.version" ? (key: entry.key, value: ReleaseVersion.current) : entry
        }
        try file.finish { rowGroups in
            FileFooter.encode(
                schema: schema.table,
                rowGroups: rowGroups,
                keyValueMetadata: keyValues,
                createdBy: "sluice version \(ReleaseVersion.current)",
                fileByteCount: byteCount
            )
        }
    }
}
