#pragma once

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <optional>
#include <string>

namespace perennial::test {

// Debian's nginx with one configuration, in a folder of its own; stopped by its process id.
class Nginx {
public:
    // `servers`: what stands in http {}; one of them listens on `port` of 127.0.0.1.
    Nginx(int port, const std::string& servers)
    {
        const std::string folder = folder_.path().string();
        const std::string file = folder_.write("nginx.conf",
            "daemon off; master_process off; pid " + folder +
                "/pid; error_log stderr warn;\n"
                "events { worker_connections 512; }\n"
                "http { access_log off; client_body_temp_path " +
                folder +
                "/body;\n"
                "proxy_temp_path " +
                folder + "/proxy; fastcgi_temp_path " + folder +
                "/fastcgi;\n"
                "uwsgi_temp_path " +
                folder + "/uwsgi; scgi_temp_path " + folder + "/scgi;\n" + servers + "}\n");
        process_.emplace(
            std::vector<std::string>{"/usr/sbin/nginx", "-p", folder, "-e", "stderr", "-c", file});
        process_->waitForPort(port);
    }
    const TemporaryFolder& folder() const { return folder_; }
    std::string output() { return process_->output(); }

private:
    TemporaryFolder folder_;
    std::optional<ChildProcess> process_;
};

} // namespace perennial::test
