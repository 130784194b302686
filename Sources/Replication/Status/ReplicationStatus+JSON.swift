import Foundation
import Lake
import PostgresWire

extension ReplicationStatus {
    /// The status for programs: every key is always there, absent values are null, sizes are bytes.
    ///
    /// - Parameter isPretty: Whether it may take several lines.
    /// - Returns: A JSON object without a final newline.
    /// - Throws: An encoding error, which no status can cause.
    public func json(isPretty: Bool) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return String(decoding: try encoder.encode(StatusDocument(self)), as: UTF8.self)
    }
}

/// The JSON object's shape.
private struct StatusDocument: Encodable {
    /// A value that is written as null when it is absent, so that its key is there always.
    struct OrNull<Value: Encodable>: Encodable {
        let value: Value?

        init(_ value: Value?) { self.value = value }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            if let value { try container.encode(value) } else { try container.encodeNil() }
        }
    }

    struct Slot: Encodable {
        let name: String
        let exists: Bool
        let activePid: OrNull<Int>
        let confirmedFlushLsn: OrNull<String>
        let restartLsn: OrNull<String>
        let walStatus: OrNull<String>
        let safeWalSize: OrNull<Int>
        let retainedBytes: OrNull<Int>
    }

    struct Server: Encodable {
        let version: String
        let isStandby: Bool
        let position: String
        let maxSlotWalKeepSize: OrNull<Int>
    }

    struct Lake: Encodable {
        let url: String
        let hasCheckpoint: Bool
        let position: OrNull<String>
        let lastCommit: OrNull<String>
        let lastFlush: OrNull<String>
        let lastFiles: [String]
        let generation: OrNull<Int>
        let owner: OrNull<String>
        let started: OrNull<String>
    }

    struct Lag: Encodable {
        let bytes: OrNull<Int>
        let seconds: OrNull<Double>
    }

    struct Publication: Encodable {
        let name: String
        let exists: Bool
    }

    struct Rewriting: Encodable {
        /// Zero before the first pass.
        let position: String
        let pendingFiles: Int
        let pendingBytes: Int
        let seconds: OrNull<Double>
        let repairs: [String]
    }

    struct Table: Encodable {
        let name: String
        let source: String
        let oid: UInt32
        let loaded: Bool
        let snapshot: OrNull<String>
        let published: Bool
        let rewriting: OrNull<Rewriting>
    }

    let slot: Slot
    let server: Server
    let publication: Publication
    let lake: Lake
    let lag: Lag
    let tables: [Table]
    let problems: [String]

    init(_ status: ReplicationStatus) {
        slot = Slot(
            name: status.slotName,
            exists: status.slot != nil,
            activePid: OrNull(status.slot?.activePID.flatMap(Int.init)),
            confirmedFlushLsn: OrNull(status.slot?.confirmed?.description),
            restartLsn: OrNull(status.slot?.restart?.description),
            walStatus: OrNull(status.slot?.walStatus),
            safeWalSize: OrNull(status.slot?.safeByteCount),
            retainedBytes: OrNull(status.retainedByteCount)
        )
        server = Server(
            version: status.server.version,
            isStandby: status.server.isStandby,
            position: status.server.position.description,
            maxSlotWalKeepSize: OrNull(status.server.keepLimit)
        )
        publication = Publication(name: status.publicationName, exists: status.isPublishing)
        lake = Self.lake(status)
        let lagByteCount = status.lagByteCount
        // Without lag the last commit may be old because nothing was written since.
        let seconds =
            (lagByteCount ?? 0) > 0 ? status.lastCommitAge.map { ($0 / .milliseconds(1)).rounded() / 1e3 } : nil
        lag = Lag(bytes: OrNull(lagByteCount), seconds: OrNull(seconds))
        tables = status.tables.map { table in
            Table(
                name: table.name,
                source: table.source,
                oid: table.oid,
                loaded: table.snapshot != nil,
                snapshot: OrNull(table.snapshot),
                published: table.isPublished,
                rewriting: OrNull(Self.rewriting(of: table, status))
            )
        }
        problems = status.problems
    }

    private static func rewriting(of table: ReplicationStatus.Table, _ status: ReplicationStatus) -> Rewriting? {
        guard let reading = table.rewriting else { return nil }
        return Rewriting(
            position: reading.position.lsn.description,
            pendingFiles: reading.pendingFileCount,
            pendingBytes: reading.pendingByteCount,
            seconds: OrNull(status.rewriteLag(of: table).map { ($0 / .milliseconds(1)).rounded() / 1e3 }),
            repairs: reading.repairs
        )
    }

    private static func lake(_ status: ReplicationStatus) -> Lake {
        let checkpoint = status.checkpoint
        let last = checkpoint?.generations.last
        return Lake(
            url: status.lakeName,
            hasCheckpoint: checkpoint != nil,
            position: OrNull(checkpoint?.position.description),
            lastCommit: OrNull(checkpoint?.committedAt),
            lastFlush: OrNull(checkpoint?.updated),
            lastFiles: checkpoint?.files ?? [],
            generation: OrNull(last?.number),
            owner: OrNull(last?.owner),
            started: OrNull(last?.started)
        )
    }
}
