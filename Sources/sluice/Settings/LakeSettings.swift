import ObjectStorage
import Replication
import Yams

/// Reads what `lake` says beside where the lake is.
struct LakeSettings {
    let section: SettingsSection<Settings.LakeKey>

    /// The options, without those that have problems; they name no location.
    func read() -> LakeOptions {
        var lake = LakeOptions(
            location: .folder(path: ""),
            region: section.text(.region, allowed: "an AWS region like us-east-1", read: LakeURL.region),
            endpoint: section.text(.endpoint, allowed: "an address like https://host:port", read: LakeURL.endpoint),
            encryption: encryption()
        )
        lake.profile = section.text(.profile, allowed: "a profile's name")
        lake.expectedBucketOwner = section.digits(.expectedBucketOwner, count: 12, of: "an AWS account")
        lake.tags = tags()
        lake.storageClass = section.choice(.storageClass, of: StorageClass.allCases.map(\.rawValue))
            .flatMap(StorageClass.init(rawValue:))
        switch section.choice(.addressingStyle, of: ["path", "virtual"]) {
        case "path": lake.addressing = .path
        case "virtual": lake.addressing = .host
        default: break
        }
        return lake
    }

    // MARK: - Encryption

    private func encryption() -> LakeOptions.Encryption {
        let name = section.choice(.encryption, of: ["none", "AES256", "aws:kms"]) ?? "none"
        let key = section.text(.kmsKey, allowed: "a key's identifier, alias or ARN")
        let bucketKey = section.flag(.bucketKeyEnabled)
        if name == "aws:kms" { return .kms(key: key, bucketKey: bucketKey) }
        if key != nil { refuseWithoutKMS(.kmsKey, "a key", encryption: name) }
        if bucketKey != nil { refuseWithoutKMS(.bucketKeyEnabled, "a key of the bucket", encryption: name) }
        return name == "AES256" ? .aes256 : .none
    }

    private func refuseWithoutKMS(_ key: Settings.LakeKey, _ what: String, encryption: String) {
        guard let node = section.node(key) else { return }
        section.document.refuse(
            node,
            at: section.path(key),
            found: "\(what) although encryption is \(encryption)",
            allowed: "\(what) with encryption: aws:kms"
        )
    }

    // MARK: - Tags

    private func tags() -> ObjectTags {
        guard let node = section.node(.tags) else { return .none }
        guard let mapping = node.mapping else {
            section.document.refuse(node, at: section.path(.tags), allowed: "a mapping: { team: data }")
            return .none
        }
        var values: [String: String] = [:]
        for (keyNode, value) in mapping {
            let key = keyNode.scalar?.string ?? ""
            let path = "\(section.path(.tags)).\(key)"
            let text = section.document.text(value, at: path, allowed: "a text") { text in
                // One by one, so that the place of the one that is refused can be named.
                _ = try tags([key: text])
                return text
            }
            if let text { values[key] = text }
        }
        do {
            return try tags(values)
        } catch {
            section.document.refuse(node, at: section.path(.tags), found: "a mapping", allowed: error.allowed)
            return .none
        }
    }

    private func tags(_ values: [String: String]) throws(SettingsRefusal) -> ObjectTags {
        do {
            return try ObjectTags(values)
        } catch {
            throw SettingsRefusal(
                allowed: "up to \(ObjectTags.countLimit) tags, keys of 1 to \(ObjectTags.keyLimit) and values of up to "
                    + "\(ObjectTags.valueLimit) letters, digits, spaces and + - = . _ : / @, no key beginning with aws:"
            )
        }
    }
}
