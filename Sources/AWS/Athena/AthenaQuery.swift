/// A query that has succeeded.
public struct AthenaQuery: Hashable, Sendable {
    /// Its identifier.
    public let id: String
    /// The bytes of data that it read, which is what it costs.
    public let scannedByteCount: Int
    /// Whether the first row of its result names the columns, as it does for queries but not for definitions.
    let hasHeader: Bool

    init(id: String, _ execution: AthenaClient.Execution.Query) {
        self.id = id
        scannedByteCount = max(0, execution.statistics?.dataScannedInBytes ?? 0)
        hasHeader = execution.statementType.map { $0 == "DML" } ?? true
    }
}

// MARK: - The forms of requests and answers

extension AthenaClient {
    struct StartInput: Encodable {
        struct Context: Encodable {
            let database: String

            enum CodingKeys: String, CodingKey {
                case database = "Database"
            }
        }

        struct ResultConfiguration: Encodable {
            let outputLocation: String

            enum CodingKeys: String, CodingKey {
                case outputLocation = "OutputLocation"
            }
        }

        let queryString: String
        let clientRequestToken: String
        let queryExecutionContext: Context
        let resultConfiguration: ResultConfiguration?
        let workGroup: String

        enum CodingKeys: String, CodingKey {
            case queryString = "QueryString"
            case clientRequestToken = "ClientRequestToken"
            case queryExecutionContext = "QueryExecutionContext"
            case resultConfiguration = "ResultConfiguration"
            case workGroup = "WorkGroup"
        }
    }

    struct Started: Decodable {
        let queryExecutionId: String

        enum CodingKeys: String, CodingKey {
            case queryExecutionId = "QueryExecutionId"
        }
    }

    struct Reference: Encodable {
        let queryExecutionId: String

        enum CodingKeys: String, CodingKey {
            case queryExecutionId = "QueryExecutionId"
        }
    }

    struct Execution: Decodable {
        struct Query: Decodable {
            struct Status: Decodable {
                struct Reason: Decodable {
                    let errorMessage: String?
                    let retryable: Bool?

                    enum CodingKeys: String, CodingKey {
                        case errorMessage = "ErrorMessage"
                        case retryable = "Retryable"
                    }
                }

                let state: String
                let stateChangeReason: String?
                let athenaError: Reason?

                enum CodingKeys: String, CodingKey {
                    case state = "State"
                    case stateChangeReason = "StateChangeReason"
                    case athenaError = "AthenaError"
                }
            }

            struct Statistics: Decodable {
                let dataScannedInBytes: Int?

                enum CodingKeys: String, CodingKey {
                    case dataScannedInBytes = "DataScannedInBytes"
                }
            }

            let status: Status
            let statistics: Statistics?
            let statementType: String?

            enum CodingKeys: String, CodingKey {
                case status = "Status"
                case statistics = "Statistics"
                case statementType = "StatementType"
            }
        }

        let queryExecution: Query

        enum CodingKeys: String, CodingKey {
            case queryExecution = "QueryExecution"
        }
    }

    struct ResultsInput: Encodable {
        let queryExecutionId: String
        let nextToken: String?
        let maxResults: Int

        enum CodingKeys: String, CodingKey {
            case queryExecutionId = "QueryExecutionId"
            case nextToken = "NextToken"
            case maxResults = "MaxResults"
        }
    }

    struct Results: Decodable {
        struct ResultSet: Decodable {
            struct Row: Decodable {
                struct Cell: Decodable {
                    let varCharValue: String?

                    enum CodingKeys: String, CodingKey {
                        case varCharValue = "VarCharValue"
                    }
                }

                let data: [Cell]?

                enum CodingKeys: String, CodingKey {
                    case data = "Data"
                }
            }

            let rows: [Row]?

            enum CodingKeys: String, CodingKey {
                case rows = "Rows"
            }
        }

        let resultSet: ResultSet?
        let nextToken: String?

        enum CodingKeys: String, CodingKey {
            case resultSet = "ResultSet"
            case nextToken = "NextToken"
        }
    }
}
