import Logging

extension CatalogChange {
    /// Tells a logger, as far as there is something to tell.
    func tell(_ logger: Logger) {
        switch outcome {
        case .created: logger.info("made \(kind.rawValue) \(name) in the catalog")
        case .changed(let what):
            logger.info("changed \(kind.rawValue) \(name) in the catalog: \(what.joined(separator: ", "))")
        case .left(let reason): logger.debug("no \(kind.rawValue) \(name) in the catalog: \(reason)")
        case .failed(let reason): logger.warning("\(kind.rawValue) \(name): \(reason)")
        case .unchanged: break
        }
    }
}
