#pragma once

#include "plugins/haproxy_discovery/bind_line.h"
#include "shared/base/file_system.h"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace perennial::plugins::haproxy {

// A certificate that a line loads: its file, where its key is, and what it answers to.
struct LoadedCertificate {
    std::string certificatePath;
    std::string keyPath;            // the same file, or the one beside it
    std::vector<std::string> names; // of a crt-list, else of the certificate
    bool ecKey = false;
};

// Finds the files that `crt` and `crt-list` stand for, and looks into each once: for the names of
// the certificate and for whether the key is in it. The key itself is neither parsed nor kept.
class CertificateFiles {
public:
    CertificateFiles(const FileSystem& files, Discovery& found, const Configuration& configuration);

    // Of one `bind`, in the order in which HAProxy loads them.
    std::vector<LoadedCertificate> loadedBy(const Bind& bind);
    // What a `server` shows to its other side.
    std::vector<LoadedCertificate> shownBy(const Statement& server);

private:
    struct Looked {
        std::string keyPath;
        std::vector<std::string> names;
        bool ecKey = false;
    };
    std::optional<std::string> pathOf(
        const std::string& path, const std::string& base, const Statement& from);
    void load(const std::string& path, const std::vector<std::string>& names, const Statement& from,
        std::vector<LoadedCertificate>& into);
    void loadFolder(
        const std::string& folder, const Statement& from, std::vector<LoadedCertificate>& into);
    void loadList(
        const std::string& path, const Statement& from, std::vector<LoadedCertificate>& into);
    Result<Looked> lookInto(const std::string& path);
    std::string keyFileOf(const std::string& path) const;
    void tell(const Statement& from, const std::string& what);

    const FileSystem& files_;
    Discovery& found_;
    bool keysBeside_;
    bool endingsGo_;
    ConfigFiles budget_;
    std::map<std::string, Result<Looked>> looked_;
};

} // namespace perennial::plugins::haproxy
