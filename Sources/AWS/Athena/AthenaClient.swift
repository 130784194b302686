import FoundationEssentials

/// Runs statements in Athena.
public struct AthenaClient: Sendable {
    /// Where statements run and what becomes of their results.
    public struct Settings: Hashable, Sendable {
        /// The database that names without one are of, in the account's own catalog.
        public var database: String
        /// The work group.
        public var workGroup: String
        /// Where results are written, `s3://bucket/prefix/`; nil leaves it to the work group.
        public var output: String?

        /// Describes where statements run.
        public init(database: String, workGroup: String, output: String? = nil) {
            self.database = database
            self.workGroup = workGroup
            self.output = output
        }
    }

    /// The first pause between two looks at a query; each is twice the one before, up to `longestPause`.
    public var firstPause = Duration.milliseconds(250)
    /// The longest pause between two looks at a query.
    public var longestPause = Duration.seconds(5)
    /// After this time a query is stopped.
    public var patience = Duration.seconds(1_800)

    /// The longest statement, in bytes.
    private static let statementLimit = 262_144
    /// Nobody waits for long to hear that a query was stopped.
    private static let stopTime = Duration.seconds(6)
    /// More pages than a thousand rows each would be none of the questions that are asked here.
    private static let pageLimit = 100

    private let service: JSONService
    private let settings: Settings

    /// Makes a client.
    public init(_ service: JSONService, _ settings: Settings) {
        self.service = service
        self.settings = settings
    }

    /// Opens a client as the settings have it.
    public init(_ services: AWSServices, _ settings: Settings, url: String? = nil) throws(AWSError) {
        self.init(try services.json(.athena, targetPrefix: "AmazonAthena", url: url), settings)
    }

    /// Runs a statement and waits for its end.
    ///
    /// A statement that takes longer than ``patience``, or whose task is cancelled, is stopped.
    ///
    /// - Parameter statement: One statement, without a semicolon.
    /// - Returns: What it took.
    /// - Throws: ``AWSError``; with code `queryFailed` if Athena took it and it did not succeed.
    public func run(_ statement: String) async throws(AWSError) -> AthenaQuery {
        let id = try await start(statement)
        do throws(AWSError) {
            return try await wait(for: id)
        } catch {
            if error.code == .cancelled || error.code == .late { await stop(id) }
            throw error
        }
    }

    /// The rows of a query that has succeeded, without the header that those of a `SELECT` have; NULL is nil.
    ///
    /// - Throws: ``AWSError``.
    public func rows(of query: AthenaQuery) async throws(AWSError) -> [[String?]] {
        var rows: [[String?]] = []
        var token: String?
        for page in 0..<Self.pageLimit {
            let answer = try await call(
                "GetQueryResults",
                ResultsInput(queryExecutionId: query.id, nextToken: token, maxResults: 1_000),
                as: Results.self
            )
            var found = (answer.resultSet?.rows ?? []).map { row in (row.data ?? []).map(\.varCharValue) }
            if page == 0, query.hasHeader, !found.isEmpty { found.removeFirst() }
            rows += found
            guard let next = answer.nextToken else { return rows }
            token = next
        }
        throw AWSError(.invalidResponse, detail: "query \(query.id) has more rows than were asked for")
    }

    // MARK: - Steps

    private func start(_ statement: String) async throws(AWSError) -> String {
        guard statement.utf8.count <= Self.statementLimit else {
            throw AWSError(
                .invalidSettings,
                detail: "the statement has \(statement.utf8.count) bytes, of which Athena takes \(Self.statementLimit)"
            )
        }
        let input = StartInput(
            queryString: statement,
            // An answer that is lost does not make it run twice.
            clientRequestToken: UUID().uuidString,
            queryExecutionContext: .init(database: settings.database),
            resultConfiguration: settings.output.map { .init(outputLocation: $0) },
            workGroup: settings.workGroup
        )
        return try await call("StartQueryExecution", input, as: Started.self).queryExecutionId
    }

    private func wait(for id: String) async throws(AWSError) -> AthenaQuery {
        let end = ContinuousClock.now + patience
        var pause = firstPause
        while true {
            let answer = try await call("GetQueryExecution", Reference(queryExecutionId: id), as: Execution.self)
            let query = answer.queryExecution
            switch query.status.state {
            case "SUCCEEDED": return AthenaQuery(id: id, query)
            case "FAILED", "CANCELLED":
                let reason =
                    query.status.stateChangeReason ?? query.status.athenaError?.errorMessage ?? "no reason given"
                throw AWSError(
                    .queryFailed,
                    detail: "query \(ServiceFailure.printable(id, limit: 64)) \(query.status.state.lowercased()): "
                        + ServiceFailure.printable(reason, limit: 1_000),
                    isTransient: query.status.athenaError?.retryable ?? false
                )
            default: break
            }
            guard ContinuousClock.now < end else {
                throw AWSError(.late, detail: "query \(id) was stopped after \(patience)", isTransient: true)
            }
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw AWSError(.cancelled, detail: "cancelled while query \(id) was running")
            }
            pause = min(pause * 2, longestPause)
        }
    }

    /// Stops a query that nobody waits for any more; in a task of its own, since this one may be cancelled.
    private func stop(_ id: String) async {
        let client = self
        await Task.detached {
            _ = try? await client.service.call(
                "StopQueryExecution",
                Reference(queryExecutionId: id),
                as: EmptyObject.self,
                within: Self.stopTime
            )
        }.value
    }

    private func call<Input: Encodable, Output: Decodable>(
        _ operation: String,
        _ input: Input,
        as output: Output.Type
    ) async throws(AWSError) -> Output {
        do throws(AWSError) {
            return try await service.call(operation, input, as: output)
        } catch {
            throw Self.advised(error, operation).of("Athena's \(operation)")
        }
    }

    private static func advised(_ error: AWSError, _ operation: String) -> AWSError {
        let message = error.failure?.message ?? ""
        if error.isRefusal("InvalidRequestException") {
            if message.mentions("output location") {
                return error.advising("Set athena.output, or an output location in the work group")
            }
            if message.mentions("workgroup") {
                return error.advising("Set athena.workgroup to a work group of this region")
            }
        }
        return error.naming(action: "athena:\(operation)")
    }
}

extension String {
    fileprivate func mentions(_ part: String) -> Bool { lowercased().contains(part) }
}
