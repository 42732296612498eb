#pragma once

#include "tests/support/child_process.h"
#include "tests/support/temporary_folder.h"

#include <optional>

namespace perennial::test {

// Debian's Tomcat in a JVM of its own with `conf/server.xml` of a folder; stopped by its process
// id.
class Tomcat {
public:
    Tomcat(const TemporaryFolder& base, int port)
    {
        const std::string home = "/usr/share/tomcat10";
        for (const char* name : {"logs", "temp", "work", "webapps"})
            std::filesystem::create_directory(base / name);
        std::filesystem::copy_file("/etc/tomcat10/web.xml", base / "conf/web.xml");
        process_.emplace(std::vector<std::string>{"/usr/bin/java", "-Xmx96m", "-Xss512k",
            "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.awt.headless=true",
            "-Dcatalina.home=" + home, "-Dcatalina.base=" + base.path().string(),
            "-Djava.io.tmpdir=" + (base / "temp"), "-cp",
            home + "/bin/bootstrap.jar:" + home + "/bin/tomcat-juli.jar",
            "org.apache.catalina.startup.Bootstrap", "start"});
        process_->waitForPort(port);
    }

private:
    std::optional<ChildProcess> process_;
};

} // namespace perennial::test
