/// Where the rows of keys are; nearly every key has one place or none.
struct KeyPlaces {
    private var firsts: [KeyLocator.Place?]
    /// The places of keys that have more than one.
    private var several: [Int: [KeyLocator.Place]] = [:]

    /// Begins with so many keys, of which nothing is known.
    init(keyCount: Int) {
        firsts = Array(repeating: nil, count: keyCount)
    }

    /// The places of a key, in the order in which they were found; nil if there are none.
    subscript(key: Int) -> [KeyLocator.Place]? {
        several[key] ?? firsts[key].map { [$0] }
    }

    /// Notes a place of a key.
    mutating func add(_ place: KeyLocator.Place, of key: Int) {
        guard let first = firsts[key] else { return firsts[key] = place }
        several[key, default: [first]].append(place)
    }

    /// Whether a key has a place in an object of which something holds.
    func contains(_ key: Int, inFile isWanted: (Int) -> Bool) -> Bool {
        if let places = several[key] { return places.contains { isWanted($0.file) } }
        return firsts[key].map { isWanted($0.file) } ?? false
    }
}
