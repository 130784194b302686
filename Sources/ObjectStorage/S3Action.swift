import AWS
import HTTP

/// What was being done to which key, so that an error can say it and what it takes.
struct S3Action: Sendable {
    enum Operation: String {
        case getObject = "GetObject"
        case headObject = "HeadObject"
        case putObject = "PutObject"
        case createMultipartUpload = "CreateMultipartUpload"
        case uploadPart = "UploadPart"
        case uploadPartCopy = "UploadPartCopy"
        case completeMultipartUpload = "CompleteMultipartUpload"
        case listBucket = "ListObjectsV2"
        case listMultipartUploads = "ListMultipartUploads"
        case deleteObject = "DeleteObject"

        /// The permission that allows it.
        var permission: String {
            switch self {
            case .getObject: "s3:GetObject"
            // Without s3:ListBucket, S3 answers 403 for an object that does not exist.
            case .headObject: "s3:GetObject and s3:ListBucket"
            case .putObject, .createMultipartUpload, .uploadPart, .completeMultipartUpload: "s3:PutObject"
            case .uploadPartCopy: "s3:GetObject and s3:PutObject"
            case .listBucket: "s3:ListBucket"
            case .listMultipartUploads: "s3:ListBucketMultipartUploads"
            case .deleteObject: "s3:DeleteObject"
            }
        }
    }

    private let operation: Operation
    private let key: String

    init(_ operation: Operation, _ key: String) {
        self.operation = operation
        self.key = key
    }

    func conflict(_ store: S3Store) -> ObjectStorageError {
        ObjectStorageError(
            .conflict,
            "\(place(store)) is not in the state that \(operation.rawValue) expected: another writer changed it"
        )
    }

    func invalidRange(_ store: S3Store) -> ObjectStorageError {
        ObjectStorageError(.invalidRange, "\(place(store)) ends before the range that was wanted")
    }

    func permissionRemedy(_ store: S3Store) -> String {
        "Allow \(permission(store)) on \(resource(store)), and kms:GenerateDataKey and kms:Decrypt where the bucket "
            + "is encrypted with a KMS key"
    }

    /// Translates a failed request.
    func error(_ error: AWSError, _ store: S3Store) -> ObjectStorageError {
        let bucket = store.configuration.bucket
        let detail = "\(operation.rawValue) of \(place(store)): \(error)"
        func make(_ code: ObjectStorageError.Code, _ remedy: String? = nil) -> ObjectStorageError {
            ObjectStorageError(code, detail, remedy: remedy, isTransient: error.isTransient, underlying: error)
        }
        if error.code == .cancelled { return make(.cancelled) }
        if error.code == .late { return make(.conflict) }
        if let code = Self.code(beforeSending: error) {
            let place = "\(operation.rawValue) of \(place(store))"
            let remedy = error.remedy ?? (error.code == .noCredentials ? Self.credentialsRemedy : nil)
            return ObjectStorageError(
                code,
                "\(place): \(error.detail)",
                remedy: remedy,
                isTransient: error.isTransient,
                underlying: error
            )
        }
        if let transport = error.transport { return make(.unavailable, advice(transport)) }
        guard let failure = error.failure else { return make(.systemFailure) }
        switch failure.code {
        case "NoSuchBucket":
            return make(.bucketMissing, "Create it (aws s3 mb s3://\(bucket)) or correct the lake's URL")
        case "NoSuchUpload":
            // Aborted by someone, or by the server after a conflict: the parts are gone, the caller still has the body.
            return ObjectStorageError(.unavailable, detail, isTransient: true, underlying: error)
        case "NoSuchKey":
            return make(.notFound)
        // S3's word for a range of a copy that reaches beyond the end.
        case "InvalidArgument" where operation == .uploadPartCopy:
            return make(.invalidRange)
        case "InvalidRange":
            return make(.invalidRange)
        case "PreconditionFailed":
            return make(.conflict)
        case "PermanentRedirect", "TemporaryRedirect", "AuthorizationHeaderMalformed",
            "IllegalLocationConstraintException":
            return make(.wrongRegion, regionRemedy(failure, error, bucket))
        case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "ExpiredToken":
            return make(.accessDenied, "Renew or correct the AWS credentials: the server does not accept these")
        case "RequestTimeTooSkewed":
            return make(.accessDenied, "Set this machine's clock: it differs too much from the server's")
        case let code where code.hasPrefix("KMS."):
            return make(.accessDenied, "Check that the KMS key exists in the bucket's region and is enabled")
        default:
            return byStatus(failure, error, store, make)
        }
    }

    private static let credentialsRemedy =
        "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws/config in AWS_PROFILE, or give "
        + "this machine or container a role"

    /// What an error means that kept the request from being sent.
    private static func code(beforeSending error: AWSError) -> ObjectStorageError.Code? {
        switch error.code {
        case .noCredentials, .credentialsFailed: .noCredentials
        case .noRegion: .wrongRegion
        case .invalidSettings: .invalidLocation
        default: nil
        }
    }

    private func byStatus(
        _ failure: ServiceFailure,
        _ error: AWSError,
        _ store: S3Store,
        _ make: (ObjectStorageError.Code, String?) -> ObjectStorageError
    ) -> ObjectStorageError {
        switch failure.status {
        case 301, 307: make(.wrongRegion, regionRemedy(failure, error, store.configuration.bucket))
        case 401, 403: make(.accessDenied, permissionRemedy(store))
        case 404: make(.notFound, nil)
        // Some servers answer a condition of a write as if it were one of a read.
        case 304, 412: make(.conflict, nil)
        case 416: make(.invalidRange, nil)
        default: make(error.isTransient ? .unavailable : .rejected, nil)
        }
    }

    private func regionRemedy(_ failure: ServiceFailure, _ error: AWSError, _ bucket: String) -> String {
        guard let hint = failure.regionHint else {
            return
                "Set lake.region to the region of the bucket \(bucket); it is not \(error.region ?? "the present one")"
        }
        return "The bucket \(bucket) is in \(hint): set lake.region: \(hint)"
    }

    private func advice(_ error: HTTPError) -> String? {
        switch error.code {
        case .cannotResolve: "Check the endpoint's name and this machine's DNS"
        case .cannotConnect, .timedOut: "Check the network, the proxy settings and lake.endpoint"
        case .certificateRejected: "Name the file of the certificate authority in AWS_CA_BUNDLE"
        default: nil
        }
    }

    private func permission(_ store: S3Store) -> String {
        let isCreation = operation == .putObject || operation == .createMultipartUpload
        return isCreation && store.configuration.tags != .none
            ? "\(operation.permission) and s3:PutObjectTagging" : operation.permission
    }

    private func place(_ store: S3Store) -> String {
        key.isEmpty ? store.location : "s3://\(store.configuration.bucket)/\(store.fullKey(key))"
    }

    private func resource(_ store: S3Store) -> String {
        let bucket = "arn:aws:s3:::\(store.configuration.bucket)"
        switch operation {
        case .listBucket, .listMultipartUploads: return "\(bucket) (prefix \(store.fullKey("")))"
        case .headObject: return "\(bucket)/\(store.fullKey("*")) and \(bucket)"
        default: return "\(bucket)/\(store.fullKey("*"))"
        }
    }
}
