#include "controller/enrollment/web/pages.h"

namespace perennial::enrollment::server::web {

namespace {

void addDate(Html& html, TimePoint when)
{
    const auto text = toRfc3339(when); // 2026-11-21T06:00:00Z
    html.markup("<time datetime=\"").text(text).markup("\">").text(text.substr(0, 10)).markup(" ");
    html.text(text.substr(11, 5)).markup(" UTC</time>");
}

void addRemaining(Html& html, const CertificateRecord& certificate, TimePoint now)
{
    const auto days = std::chrono::floor<std::chrono::days>(certificate.notAfter - now).count();
    if (certificate.revoked)
        html.markup("<strong>revoked</strong>");
    else if (certificate.notAfter <= now)
        html.markup("<strong>expired</strong>");
    else if (certificate.notBefore > now)
        html.markup("not valid yet");
    else if (days == 0)
        html.markup("<strong>expires within a day</strong>");
    else
        html.markup("valid, days left: ").number(days);
}

} // namespace

Html pendingPage(const std::vector<RequestRecord>& requests)
{
    if (requests.empty())
        return Html("<p>You have no pending requests. What was issued is among <a "
                    "href=\"certlist.asp\">your certificates</a>.</p>\n");
    Html html(
        "<p>These requests wait for a certificate manager.</p>\n<div class=\"scroll\">\n<table>\n"
        "<caption>Your pending requests, the newest first</caption>\n<thead><tr>"
        "<th scope=\"col\">Request</th><th scope=\"col\">Received</th>"
        "<th scope=\"col\">Template</th><th scope=\"col\">Subject and names</th>"
        "<th scope=\"col\">Status</th></tr></thead>\n<tbody>\n");
    for (const auto& request : requests) {
        html.markup("<tr><th scope=\"row\">").number(request.id).markup("</th><td class=\"when\">");
        addDate(html, request.receivedAt);
        html.markup("</td><td>").text(request.templateName).markup("</td><td>");
        html.text(request.subject).markup("<br>").text(request.names);
        html.markup(
            "</td><td><form method=\"post\" action=\"certfnsh.asp\"><input type=\"hidden\" "
            "name=\"Mode\" value=\"chkpnd\"><input type=\"hidden\" name=\"ReqID\" value=\"");
        html.number(request.id)
            .markup("\"><button class=\"plain\" type=\"submit\" aria-label=\"Check "
                    "request ");
        html.number(request.id).markup("\">Check</button></form></td></tr>\n");
    }
    return html.markup("</tbody>\n</table>\n</div>\n");
}

Html certificatesPage(const std::vector<CertificateRecord>& list, TimePoint now)
{
    if (list.empty())
        return Html(
            "<p>No certificate was issued to you here yet. <a href=\"certrqxt.asp\">Submit a "
            "request</a>.</p>\n");
    Html html(
        "<div class=\"scroll\">\n<table>\n<caption>Issued to you, the newest first</caption>\n"
        "<thead><tr><th scope=\"col\">Request</th><th scope=\"col\">Subject</th>"
        "<th scope=\"col\">Template</th><th scope=\"col\">Serial number</th>"
        "<th scope=\"col\">Expires</th><th scope=\"col\">State</th>"
        "<th scope=\"col\">Download</th></tr></thead>\n<tbody>\n");
    for (const auto& certificate : list) {
        html.markup("<tr><th scope=\"row\">").number(certificate.requestId).markup("</th><td>");
        html.text(certificate.subject).markup("</td><td>").text(certificate.templateName);
        html.markup("</td><td><code>").text(certificate.serial);
        html.markup("</code></td><td class=\"when\">");
        addDate(html, certificate.notAfter);
        html.markup("</td><td>");
        addRemaining(html, certificate, now);
        html.markup("</td><td><a href=\"certnew.cer?ReqID=").number(certificate.requestId);
        html.markup("&amp;Enc=b64\" aria-label=\"Certificate of request ");
        html.number(certificate.requestId)
            .markup("\">certificate</a> <a href=\"certnew.p7b?ReqID=");
        html.number(certificate.requestId).markup("&amp;Enc=b64\" aria-label=\"Chain of request ");
        html.number(certificate.requestId).markup("\">chain</a></td></tr>\n");
    }
    return html.markup("</tbody>\n</table>\n</div>\n");
}

} // namespace perennial::enrollment::server::web
