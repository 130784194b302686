/// The body of one PutMetricData: a form of the query protocol that grows within the service's limits.
///
///     Action=PutMetricData&Version=2010-08-01&Namespace=…&MetricData.member.1.MetricName=…&…
public struct MetricForm: Sendable {
    /// Values in one request (PutMetricData, "up to 1000 different metrics").
    static let datumLimit = 1_000
    /// Bytes of one request: 1 MB is the limit, of which something is left to what counts beside the body.
    static let byteLimit = 1_000_000
    /// Dimensions of one value.
    static let dimensionLimit = 30

    private(set) var text: String
    /// How many values there are; never none.
    public private(set) var count = 0

    /// Begins without values.
    private init(namespace: String) {
        text = "Action=PutMetricData&Version=2010-08-01&Namespace=\(PercentEncoding.encode(namespace))"
    }

    /// Adds a value, unless that would be too much for one request.
    ///
    /// - Returns: Whether it was added; a value is always added to an empty form.
    private mutating func add(_ datum: MetricDatum) -> Bool {
        guard count < Self.datumLimit else { return false }
        let prefix = "&MetricData.member.\(count + 1)"
        var addition = "\(prefix).MetricName=\(PercentEncoding.encode(datum.name))"
        for (index, dimension) in datum.dimensions.prefix(Self.dimensionLimit).enumerated() {
            let place = "\(prefix).Dimensions.member.\(index + 1)"
            addition += "\(place).Name=\(PercentEncoding.encode(dimension.name))"
            addition += "\(place).Value=\(PercentEncoding.encode(dimension.value))"
        }
        addition += "\(prefix).Value=\(PercentEncoding.encode("\(datum.value)"))"
        addition += "\(prefix).Unit=\(PercentEncoding.encode(datum.unit))"
        addition += "\(prefix).Timestamp=\(PercentEncoding.encode(Timestamp(seconds: datum.time).extended))"
        guard count == 0 || text.utf8.count + addition.utf8.count <= Self.byteLimit else { return false }
        text += addition
        count += 1
        return true
    }

    /// Divides values among as few forms as the limits allow, in their order.
    public static func forms(namespace: String, _ data: some Sequence<MetricDatum>) -> [MetricForm] {
        var forms: [MetricForm] = []
        var form = MetricForm(namespace: namespace)
        for datum in data {
            if form.add(datum) { continue }
            forms.append(form)
            form = MetricForm(namespace: namespace)
            _ = form.add(datum)
        }
        return form.count == 0 ? forms : forms + [form]
    }
}
