/// What S3 charges for keeping and for reading an object.
///
/// Classes whose objects have to be restored before they can be read are not among them: the lake reads what it wrote.
public enum StorageClass: String, CaseIterable, Sendable {
    /// For what is read often.
    case standard = "STANDARD"
    /// For what is read seldom; at least 30 days are paid.
    case standardInfrequentAccess = "STANDARD_IA"
    /// The same, kept at one place only.
    case oneZoneInfrequentAccess = "ONEZONE_IA"
    /// Chosen by S3 as the object is read.
    case intelligentTiering = "INTELLIGENT_TIERING"
    /// For archives that are read at once; at least 90 days are paid.
    case glacierInstantRetrieval = "GLACIER_IR"
    /// The standard class of buckets that are one zone's.
    case expressOneZone = "EXPRESS_ONEZONE"
}
