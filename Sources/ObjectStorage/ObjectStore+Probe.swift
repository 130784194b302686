extension ObjectStore {
    /// Writes, reads and removes an object of its own, and throws unless conditional writes are kept to.
    ///
    /// A server that ignores the conditions would let two processes write one checkpoint. To be called once at start,
    /// with what the key of the probe's object shall begin with, such as `_sluice/`.
    public func probe(prefix: String) async throws(ObjectStorageError) {
        let key = "\(prefix)probe-\(String(UInt64.random(in: .min ... .max), radix: 16))"
        let outcome: Result<Void, ObjectStorageError>
        do {
            outcome = .success(try await probeConditions(key))
        } catch {
            outcome = .failure(error)
        }
        // What failed first is the more telling error.
        if case .failure = outcome {
            try? await delete(key)
        } else {
            try await delete(key)
        }
        try outcome.get()
    }

    private func probeConditions(_ key: String) async throws(ObjectStorageError) {
        let first = Array("first".utf8)
        let version = try await put(key, .bytes(first), condition: .ifAbsent)
        try await expectConflict("If-None-Match", key, .ifAbsent)
        let second = try await put(key, .bytes(Array("second".utf8)), condition: .ifMatches(version))
        try await expectConflict("If-Match", key, .ifMatches(version))
        guard try await get(key) == Array("second".utf8), try await head(key)?.version == second else {
            throw ObjectStorageError(
                .rejected,
                "\(location) does not give back what was written",
                remedy: "Use a store that is consistent: S3, or a server with read-after-write consistency"
            )
        }
    }

    private func expectConflict(
        _ header: String,
        _ key: String,
        _ condition: WriteCondition
    ) async throws(ObjectStorageError) {
        do {
            _ = try await put(key, .bytes(Array("third".utf8)), condition: condition)
        } catch {
            if error.code == .conflict { return }
            throw error
        }
        throw ObjectStorageError(
            .rejected,
            "\(location) ignores \(header): two processes could overwrite each other's checkpoint",
            remedy: "Use S3, a folder, or a server with conditional writes (If-Match and If-None-Match)"
        )
    }
}
