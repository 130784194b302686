import Columnar
import Glibc
import Parquet

/// A file that row groups are written to.
final class OutputFile {
    private let descriptor: Int32
    private var byteCount = 0

    init(path: String) throws {
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure() }
    }

    deinit {
        close(descriptor)
    }

    private struct Failure: Error {}

    func write(_ batches: [RowBatch], schema: TableSchema, options: WriterOptions) throws {
        let writer = RowGroupWriter(schema: schema, options: options)
        let scratch = PageScratch(options: options)
        var groups: [(offset: Int, metadata: RowGroupMetadata)] = []
        try FileFooter.magic.withUnsafeBytes { try append($0) }
        for batch in batches {
            try writer.append(batch, scratch: scratch)
            if writer.isFull { groups.append(try finish(writer, scratch)) }
        }
        if writer.rowCount > 0 { groups.append(try finish(writer, scratch)) }
        let footer = FileFooter.encode(
            schema: schema,
            rowGroups: groups,
            keyValueMetadata: [],
            createdBy: "sluice benchmark",
            fileByteCount: byteCount
        )
        try footer.withUnsafeBytes { try append($0) }
    }

    private func finish(_ writer: RowGroupWriter, _ scratch: PageScratch) throws -> (Int, RowGroupMetadata) {
        let offset = byteCount
        var failure: (any Error)?
        let metadata = try writer.finish(scratch: scratch) { bytes in
            do { try append(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        return (offset, metadata)
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            guard count > 0 else { throw Failure() }
            rest = rest.dropFirst(count)
        }
        byteCount += bytes.count
    }
}
