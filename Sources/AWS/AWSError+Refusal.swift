extension AWSError {
    /// Whether the service refused with one of these codes.
    public func isRefusal(_ codes: String...) -> Bool { failure.map { codes.contains($0.code) } ?? false }

    /// Whether the service refused because the caller may not do it.
    public var isAccessDenied: Bool {
        isRefusal(
            "AccessDeniedException",
            "AccessDenied",
            "UnauthorizedOperation",
            "NotAuthorized",
            "AuthorizationError"
        )
    }

    /// The same error, with what to do about it.
    public func advising(_ remedy: String) -> AWSError { AWSError(self, remedy: remedy) }

    /// The same error; if it is the service's answer, it says to which operation.
    func of(_ operation: String) -> AWSError {
        code == .service ? AWSError(self, detail: "\(operation): \(detail)", remedy: remedy) : self
    }

    /// The same error; if it is a refusal of rights, it says which action has to be allowed.
    ///
    /// - Parameter action: The action as policies name it, such as `glue:GetTable`.
    /// - Returns: The error.
    func naming(action: String) -> AWSError {
        guard isAccessDenied else { return self }
        if failure?.message.contains("Lake Formation") ?? false {
            return advising(
                "Lake Formation refuses this whatever IAM allows: have its administrator grant it to the role, for CreateTable "
                    + "and UpdateTable with the location of the data"
            )
        }
        return advising("Allow \(action) in the IAM policy of the role")
    }
}
