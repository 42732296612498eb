#pragma once

#include "controller/enrollment/api/service_certificate.h"
#include "controller/enrollment/publication/crl_publisher.h"
#include "controller/enrollment/storage/enrollment_store.h"
#include "controller/enrollment/templates/held_templates.h"

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

namespace perennial::enrollment::server {

// What a monitoring system reads of the service, in Prometheus' text format 0.0.4. Ends of
// validity are seconds since 1970.
class ServiceMetrics {
public:
    struct Parts {
        EnrollmentStore& store;
        const HeldTemplates& templates;
        const ServiceCertificateWatch& certificate;
        const x509::Certificate& authority;
        std::function<CrlPublisher::Lists()> lists;
        std::function<std::int64_t()> lostLines; // of the access log, since the start
    };
    explicit ServiceMetrics(Parts parts) : parts_(std::move(parts)) {}

    void count(const std::string& listener, int status, std::chrono::milliseconds took);
    Result<std::string> text() const;

private:
    struct Answers {
        std::int64_t count = 0;
        std::chrono::milliseconds took{};
    };
    std::string answersText() const;

    Parts parts_;
    mutable std::mutex mutex_;
    std::map<std::pair<std::string, int>, Answers> answers_; // by listener and status
};

} // namespace perennial::enrollment::server
