/// What the names of columns suggest; suggestions only, as a name proves nothing.
enum ColumnHints {
    /// Words of names whose values open something.
    private static let secretWords: Set<String> = [
        "password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "credentials", "otp", "apikey",
        "cvv",
        "cvc",
    ]
    private static let secretPairs: Set<[String]> = [
        ["api", "key"], ["private", "key"], ["access", "key"], ["pass", "word"],
    ]

    /// Words of names whose values are about a person.
    private static let personalWords: Set<String> = [
        "email", "mail", "phone", "mobile", "telephone", "fax", "ssn", "passport", "iban", "birthday", "birthdate",
        "dob",
        "address", "street", "surname", "firstname", "lastname", "fullname", "ip",
    ]
    private static let personalPairs: Set<[String]> = [
        ["first", "name"], ["last", "name"], ["full", "name"], ["family", "name"], ["middle", "name"],
        ["birth", "date"],
        ["date", "birth"], ["social", "security"], ["tax", "id"], ["card", "number"], ["account", "number"],
        ["postal", "code"], ["ip", "address"],
    ]

    /// Words of names whose values say when a row came into being, and do not change.
    private static let originWords: Set<String> = [
        "created", "creation", "create", "inserted", "insert", "issued", "occurred", "event", "placed", "registered",
        "received", "recorded", "logged", "posted", "started", "ordered", "booked", "signup",
    ]
    /// Words of names whose values change: a row moves to another day each time.
    private static let changingWords: Set<String> = [
        "updated", "update", "modified", "changed", "deleted", "expires", "expired", "expiry", "last", "next", "due",
        "until", "end", "ended", "ends", "finished", "closed", "seen", "birth", "birthdate", "birthday", "dob", "valid",
    ]

    /// The mask that a column's name suggests, as the settings have it; nil for none.
    static func mask(of column: String) -> String? {
        let words = words(of: column)
        if matches(words, secretWords, secretPairs) { return "null" }
        return matches(words, personalWords, personalPairs) ? "sha256" : nil
    }

    /// Whether a name says that its values tell when a row came into being.
    static func namesOrigin(_ column: String) -> Bool { !originWords.isDisjoint(with: words(of: column)) }

    /// Whether a name says that its values change.
    static func namesChange(_ column: String) -> Bool { !changingWords.isDisjoint(with: words(of: column)) }

    private static func matches(_ words: [String], _ single: Set<String>, _ pairs: Set<[String]>) -> Bool {
        !single.isDisjoint(with: words) || zip(words, words.dropFirst()).contains { pairs.contains([$0, $1]) }
    }

    /// The words of `card_number`, `cardNumber` and `Card Number`.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for character in name {
            let isWord = character.isLetter || character.isNumber
            if !isWord || character.isUppercase && wasLower {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if isWord { word += character.lowercased() }
            wasLower = character.isLowercase
        }
        return word.isEmpty ? words : words + [word]
    }
}
