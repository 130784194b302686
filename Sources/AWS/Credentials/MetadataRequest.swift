import HTTP

/// Sends the small requests to the endpoints of the container and of the machine.
struct MetadataRequest: Sendable {
    let http: HTTPClient
    /// For the whole request.
    let timeout: Duration
    /// How often it is sent in all.
    let attempts: Int
    /// Between attempts.
    let pause: Duration

    /// Sends a request; anything but a refusal that would be repeated is tried again.
    ///
    /// - Returns: The answer, whatever its status.
    /// - Throws: `transport` or `cancelled`.
    func send(_ method: String, _ url: String, _ headers: HTTPHeaders) async throws(AWSError) -> HTTPResponse {
        var request = HTTPRequest(method: method, url: url, headers: headers)
        request.timeouts.connect = timeout
        request.timeouts.total = timeout
        var attempt = 1
        while true {
            do throws(HTTPError) {
                let response = try await http.send(request, into: .memory(limit: JSONAnswer.sizeLimit))
                let mayPass = response.status == 429 || response.status >= 500
                guard mayPass, attempt < attempts else { return response }
            } catch {
                guard error.isTransient, attempt < attempts else {
                    throw AWSError(
                        error.code == .cancelled ? .cancelled : .transport,
                        detail: "\(error)",
                        isTransient: error.isTransient
                    )
                }
            }
            attempt += 1
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw AWSError(.cancelled, detail: "cancelled while waiting to try again")
            }
        }
    }
}
