import AWS

extension AWSError {
    /// Whether the service refuses what it was sent, and always will, while it may take something else.
    var isOfContent: Bool {
        guard let failure, !isTransient else { return false }
        return failure.status == 413 || failure.status == 400 && Self.isOfContent(failure.code)
    }

    /// The words of the query protocol end without `Exception`, as a rule.
    private static func isOfContent(_ code: String) -> Bool {
        let beginnings = [
            "InvalidParameter", "MissingParameter", "MissingRequiredParameter", "Validation", "Serialization",
            "Malformed",
        ]
        return beginnings.contains { code.hasPrefix($0) }
    }
}
