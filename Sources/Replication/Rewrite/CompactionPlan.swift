import Lake
import ObjectStorage
import Parquet
import PostgresWire

/// Which files of a commit date are merged with which.
///
/// Files that follow one another become one as long as it stays within a size and their tables look the same. What is
/// large already stays as it is, so that a date that was merged before is left alone.
struct CompactionPlan {
    /// Files that are merged at once; what they are is said in one document.
    private static let maximumFileCount = 10_000

    let store: any ObjectStore
    /// The bytes that a merged file is to have at most.
    let maximumByteCount: Int

    /// Divides the files of one commit date.
    ///
    /// - Parameter files: The files, in the order of their changes.
    /// - Returns: Runs of two files or more, each of which is to become one.
    /// - Throws: ``ReplicationError`` if a file cannot be read.
    func runs(of files: [ChangeFile]) throws(ReplicationError) -> [[ChangeFile]] {
        guard zip(files, files.dropFirst()).contains(where: { fits($0.object.byteCount + $1.object.byteCount) }) else {
            return []
        }
        var runs: [[ChangeFile]] = []
        var run: [ChangeFile] = []
        var schema: ChangeFileSchema?
        var byteCount = 0
        for file in files {
            let isSmall = fits(byteCount + file.object.byteCount) && run.count < Self.maximumFileCount
            let own = fits(file.object.byteCount) ? try self.schema(of: file) : nil
            let isAlike = own.map { own in schema.map { own.describesTheSame(as: $0) } ?? false } ?? false
            if !isSmall || !isAlike {
                runs.append(run)
                (run, byteCount) = ([], 0)
            }
            schema = own
            guard own != nil else { continue }
            run.append(file)
            byteCount += file.object.byteCount
        }
        return (runs + [run]).filter { $0.count > 1 }
    }

    private func fits(_ byteCount: Int) -> Bool { byteCount <= maximumByteCount }

    private func schema(of file: ChangeFile) throws(ReplicationError) -> ChangeFileSchema {
        let end = ChangePosition(lsn: LSN(rawValue: .max))
        return try ChangeFileReader(file, in: store, after: .start, through: end).schema
    }
}
