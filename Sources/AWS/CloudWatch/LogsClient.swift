/// Sends events to one stream of CloudWatch Logs, and makes the stream and its group when they are missing.
public struct LogsClient: Sendable {
    /// What the caller has to be allowed.
    public static let actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]

    private let service: JSONService
    private let group: String
    private let stream: String

    /// Makes a client; nothing is sent yet.
    ///
    /// - Parameters:
    ///   - services: The settings of AWS.
    ///   - group: The group.
    ///   - stream: The stream, such as ``LogStreamName`` makes it.
    /// - Throws: ``AWSError`` for settings that mean nothing, or if no region is set.
    public init(_ services: AWSServices, group: String, stream: String) throws(AWSError) {
        service = try services.json(.logs, targetPrefix: "Logs_20140328")
        self.group = group
        self.stream = stream
    }

    /// Sends a batch.
    ///
    /// - Returns: How many of its events the service has refused for their age; they are lost to it.
    /// - Throws: ``AWSError``; nothing of the batch was taken then.
    public func put(_ batch: LogBatch) async throws(AWSError) -> Int {
        do {
            return try await send(batch)
        } catch {
            guard error.failure?.code == "ResourceNotFoundException" else { throw error }
        }
        try await makeStream()
        return try await send(batch)
    }

    /// Asks whether events would be taken, without leaving any: sends one to the stream, which must not be there.
    ///
    /// Whoever is not allowed to write to a group is told so before it is looked whether the stream is there.
    ///
    /// - Returns: Whether the group is there; if not, nobody knows yet whether it may be made.
    /// - Throws: ``AWSError`` if they would not.
    public func mayPut() async throws(AWSError) -> Bool {
        let record = LogRecord(timestamp: Timestamp.now.seconds * 1_000, message: "check")
        do {
            for batch in LogBatch.batches(of: [record]) { _ = try await send(batch) }
            return true
        } catch {
            guard let failure = error.failure, failure.code == "ResourceNotFoundException" else { throw error }
            // "The specified log stream does not exist." or "… log group …"; which of the two is in no field.
            return failure.message.contains("log stream")
        }
    }

    // MARK: - Requests

    private struct Place: Encodable {
        var logGroupName: String
        var logStreamName: String?
    }

    private struct Put: Encodable {
        var logGroupName: String
        var logStreamName: String
        var logEvents: [LogRecord]
    }

    private struct Answer: Decodable {
        struct Rejected: Decodable {
            var tooNewLogEventStartIndex: Int?
            var tooOldLogEventEndIndex: Int?
            var expiredLogEventEndIndex: Int?
        }

        var rejectedLogEventsInfo: Rejected?
    }

    private func send(_ batch: LogBatch) async throws(AWSError) -> Int {
        let input = Put(logGroupName: group, logStreamName: stream, logEvents: batch.records)
        let answer = try await service.call("PutLogEvents", input, as: Answer.self)
        guard let rejected = answer.rejectedLogEventsInfo else { return 0 }
        let count = batch.records.count
        // The indexes are the server's word.
        func clamped(_ index: Int) -> Int { min(max(0, index), count) }
        let old = clamped(max(rejected.tooOldLogEventEndIndex ?? 0, rejected.expiredLogEventEndIndex ?? 0))
        let new = count - clamped(rejected.tooNewLogEventStartIndex ?? count)
        return min(count, old + new)
    }

    /// Makes the stream, and before it the group if there is none: who has one need not allow that.
    private func makeStream() async throws(AWSError) {
        do {
            return try await make("CreateLogStream", stream)
        } catch {
            guard error.failure?.code == "ResourceNotFoundException" else { throw error }
        }
        try await make("CreateLogGroup", nil)
        try await make("CreateLogStream", stream)
    }

    private func make(_ operation: String, _ stream: String?) async throws(AWSError) {
        let place = Place(logGroupName: group, logStreamName: stream)
        do {
            _ = try await service.call(operation, place, as: EmptyObject.self)
        } catch {
            // Somebody else was faster.
            guard error.failure?.code == "ResourceAlreadyExistsException" else { throw error }
        }
    }
}
