import AWS
import HTTP

extension S3Store {
    /// How large a part that the server copies shall be: some are copied at once.
    private static let copiedPartSize = 128 << 20

    /// Replaces an object: one `PUT` if it is small, else a multipart upload for which the server copies what it can.
    public func replace(
        _ key: String,
        version: ObjectVersion,
        with pieces: [ObjectPiece]
    ) async throws(ObjectStorageError) -> Replacement {
        try ObjectKey.check(key)
        let byteCount = try ObjectPiece.byteCount(of: pieces, key)
        let source = try await pool.run { () throws(ObjectStorageError) in
            try S3ReplacementSource(key, version, pieces)
        }
        do {
            return byteCount < configuration.multipartThreshold
                ? try await replaceWhole(source, byteCount) : try await replaceInParts(source, byteCount)
        } catch {
            // An object that is gone has no version that could be read or replaced.
            guard error.code == .notFound else { throw error }
            throw S3Action(.putObject, key).conflict(self)
        }
    }

    private func replaceWhole(
        _ source: S3ReplacementSource,
        _ byteCount: Int
    ) async throws(ObjectStorageError) -> Replacement {
        let slices = ReplacementPlan.slices(source.pieces)
        let payload = try await gather(slices, source, atOnce: configuration.partsAtOnce)
        let version = try await putWhole(payload, S3Write(key: source.key, condition: .ifMatches(source.version)))
        let fetches = slices.compactMap(\.fetchedByteCount)
        return Replacement(
            version: version,
            byteCount: byteCount,
            copiedByteCount: 0,
            fetchedByteCount: fetches.reduce(0, +),
            requestCount: fetches.count + 1
        )
    }

    private func replaceInParts(
        _ source: S3ReplacementSource,
        _ byteCount: Int
    ) async throws(ObjectStorageError) -> Replacement {
        let plan = try ReplacementPlan(source.pieces, partLimits, key: source.key)
        let write = S3Write(key: source.key, condition: .ifMatches(source.version))
        let version = try await upload(write) { (upload) async throws(ObjectStorageError) in
            try await self.concurrently(plan.parts.count, atOnce: self.configuration.partsAtOnce) {
                (index) async throws(ObjectStorageError) in
                switch plan.parts[index] {
                case .copy(let range):
                    return try await self.copyPart(index + 1, range, of: source.version, upload)
                case .send(let slices):
                    let payload = try await self.gather(slices, source, atOnce: 1)
                    return try await self.sendPart(index + 1, payload, 0..<payload.byteCount, upload)
                }
            }
        }
        let fetches = plan.fetches
        return Replacement(
            version: version,
            byteCount: byteCount,
            copiedByteCount: plan.copiedByteCount,
            fetchedByteCount: fetches.reduce(0, +),
            // Two more begin and complete the upload.
            requestCount: plan.parts.count + fetches.count + 2
        )
    }

    private var partLimits: ReplacementPlan.Limits {
        ReplacementPlan.Limits(
            smallestPart: Self.smallestPart,
            largestPart: Self.largestPart,
            partCount: Self.partLimit,
            sentSize: min(max(configuration.partSize, Self.smallestPart), Self.largestPart),
            copiedSize: Self.copiedPartSize
        )
    }

    /// Reads what is of the present object, and puts the slices of a part together.
    private func gather(
        _ slices: [ReplacementPlan.Slice],
        _ source: S3ReplacementSource,
        atOnce: Int
    ) async throws(ObjectStorageError) -> S3Payload {
        let chunks = try await concurrently(slices.count, atOnce: atOnce) { (index) async throws(ObjectStorageError) in
            switch slices[index] {
            case .present(let range):
                S3Payload.Chunk.memory(try await self.get(source.key, range: range, version: source.version)[...])
            case .new(let piece, let range):
                try source.chunk(piece, range)
            }
        }
        return S3Payload(chunks)
    }
}
