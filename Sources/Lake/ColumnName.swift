extension String {
    /// Whether two columns have the same name to PostgreSQL: Swift holds texts equal whose bytes are not.
    public func isSameName(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}
