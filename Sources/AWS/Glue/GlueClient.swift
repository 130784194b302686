/// Calls the catalog of tables, as far as the lake needs it.
///
/// Tables travel as they are: what the server says of one and is not understood goes back to it unchanged.
public struct GlueClient: Sendable {
    /// A page of 100 partitions with some hundred columns each.
    private static let partitionAnswerLimit = 64 * 1024 * 1024
    /// What one request may create or change.
    static let batchSize = 100

    private let service: JSONService

    /// Makes a client.
    public init(_ service: JSONService) {
        self.service = service
    }

    /// Opens a client as the settings have it.
    public init(_ services: AWSServices, url: String? = nil) throws(AWSError) {
        self.init(try services.json(.glue, targetPrefix: "AWSGlue", url: url))
    }

    // MARK: - Databases

    /// Whether there is a database.
    public func hasDatabase(_ name: String) async throws(AWSError) -> Bool {
        try await call("GetDatabase", ["Name": .string(name)], unless: "EntityNotFoundException") != nil
    }

    /// Creates a database.
    ///
    /// - Returns: Whether it was created; false if somebody else has done so.
    public func createDatabase(_ name: String, description: String) async throws(AWSError) -> Bool {
        let input: ExactJSON = ["Name": .string(name), "Description": .string(description)]
        return try await call("CreateDatabase", ["DatabaseInput": input], unless: "AlreadyExistsException") != nil
    }

    // MARK: - Tables

    /// A table; nil if there is none of the name.
    public func table(_ name: String, in database: String) async throws(AWSError) -> GlueTable? {
        let input: ExactJSON = ["DatabaseName": .string(database), "Name": .string(name)]
        guard let answer = try await call("GetTable", input, unless: "EntityNotFoundException") else { return nil }
        guard let table = answer["Table"], table.members != nil else {
            throw AWSError(.invalidResponse, detail: "the answer to GetTable describes no table")
        }
        return GlueTable(table)
    }

    /// Creates a table.
    ///
    /// - Returns: Whether it was created; false if somebody else has done so.
    public func create(_ table: ExactJSON, in database: String) async throws(AWSError) -> Bool {
        let input: ExactJSON = ["DatabaseName": .string(database), "TableInput": table]
        return try await call("CreateTable", input, unless: "AlreadyExistsException") != nil
    }

    /// Replaces the whole description of a table.
    ///
    /// - Parameters:
    ///   - table: The description, with all that is to stay.
    ///   - version: The version that it was made from.
    ///   - database: The database.
    /// - Returns: Whether it was replaced; false if somebody else has changed the table since it was read.
    /// - Throws: ``AWSError``.
    public func update(_ table: ExactJSON, from version: String?, in database: String) async throws(AWSError) -> Bool {
        var input: ExactJSON = ["DatabaseName": .string(database), "TableInput": table, "SkipArchive": true]
        if let version { input["VersionId"] = .string(version) }
        return try await call("UpdateTable", input, unless: "ConcurrentModificationException") != nil
    }

    // MARK: - Partitions

    /// The partitions of a table, each as it is; throws ``AWSError``.
    public func partitions(of table: String, in database: String) async throws(AWSError) -> [GluePartition] {
        var partitions: [GluePartition] = []
        var token: ExactJSON?
        repeat {
            var input: ExactJSON = [
                "DatabaseName": .string(database), "TableName": .string(table), "MaxResults": 100,
            ]
            input["NextToken"] = token
            let answer = try await call("GetPartitions", input, limit: Self.partitionAnswerLimit)
            partitions += (answer["Partitions"]?.values ?? []).map(GluePartition.init)
            let next = answer["NextToken"].flatMap { $0.text }.map { ExactJSON.string($0) }
            guard next == nil || next != token else {
                throw AWSError(.invalidResponse, detail: "GetPartitions gives the same page again and again")
            }
            token = next
        } while token != nil
        return partitions
    }

    /// Creates partitions, a hundred at a time; those that are there already do no harm.
    ///
    /// - Returns: How many were created.
    /// - Throws: ``AWSError``, also for a refusal of a single partition.
    public func create(
        _ partitions: [ExactJSON],
        of table: String,
        in database: String
    ) async throws(AWSError) -> Int {
        var created = 0
        for start in stride(from: 0, to: partitions.count, by: Self.batchSize) {
            let batch = Array(partitions[start..<min(start + Self.batchSize, partitions.count)])
            let input: ExactJSON = [
                "DatabaseName": .string(database), "TableName": .string(table), "PartitionInputList": .array(batch),
            ]
            let answer = try await call("BatchCreatePartition", input)
            let errors = (answer["Errors"]?.values ?? []).map(PartitionRefusal.init)
            if let error = errors.first(where: { $0.code != "AlreadyExistsException" }) {
                throw error.error("BatchCreatePartition", table)
            }
            created += batch.count - errors.count
        }
        return created
    }

    /// Replaces the whole descriptions of partitions, a hundred at a time.
    ///
    /// - Throws: ``AWSError``, also for a refusal of a single partition; one that is gone does no harm.
    public func update(
        _ partitions: [(values: [String], input: ExactJSON)],
        of table: String,
        in database: String
    ) async throws(AWSError) {
        for start in stride(from: 0, to: partitions.count, by: Self.batchSize) {
            let batch = partitions[start..<min(start + Self.batchSize, partitions.count)].map { partition in
                let values = ExactJSON.array(partition.values.map { .string($0) })
                return ExactJSON.object([.init("PartitionValueList", values), .init("PartitionInput", partition.input)])
            }
            let input: ExactJSON = [
                "DatabaseName": .string(database), "TableName": .string(table), "Entries": .array(batch),
            ]
            let answer = try await call("BatchUpdatePartition", input)
            let errors = (answer["Errors"]?.values ?? []).map(PartitionRefusal.init)
            if let error = errors.first(where: { $0.code != "EntityNotFoundException" }) {
                throw error.error("BatchUpdatePartition", table)
            }
        }
    }

    // MARK: - Calls

    /// What a batch says of a partition that it did not take.
    private struct PartitionRefusal {
        let code: String
        let message: String

        init(_ json: ExactJSON) {
            code = json["ErrorDetail"]?["ErrorCode"]?.text ?? ""
            message = json["ErrorDetail"]?["ErrorMessage"]?.text ?? ""
        }

        func error(_ operation: String, _ table: String) -> AWSError {
            let failure = ServiceFailure(status: 200, code: code, message: message)
            return AWSError(.service, detail: "\(operation) refuses a partition of \(table): \(failure)")
        }
    }

    /// Calls an operation; nil if it refuses with that code.
    private func call(_ operation: String, _ input: ExactJSON, unless code: String) async throws(AWSError) -> ExactJSON?
    {
        do throws(AWSError) {
            return try await call(operation, input)
        } catch {
            guard error.isRefusal(code) else { throw error }
            return nil
        }
    }

    private func call(
        _ operation: String,
        _ input: ExactJSON,
        limit: Int = JSONService.answerLimit
    ) async throws(AWSError) -> ExactJSON {
        let answer: [UInt8]
        do throws(AWSError) {
            answer = try await service.send(operation, body: input.bytes, answerLimit: limit)
        } catch {
            throw error.naming(action: "glue:\(operation)").of("Glue's \(operation)")
        }
        guard !answer.isEmpty else { return [:] }
        do throws(ExactJSON.Malformed) {
            return try ExactJSON(answer)
        } catch {
            throw AWSError(.invalidResponse, detail: "the answer to \(operation) is \(error)")
        }
    }
}
