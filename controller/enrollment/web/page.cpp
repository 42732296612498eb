#include "controller/enrollment/web/page.h"

#include "controller/enrollment/web/style_sheet.h"

namespace perennial::enrollment::server::web {

namespace {

void protect(http::Answer& answer)
{
    answer.headers["Content-Security-Policy"] =
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'";
    answer.headers["X-Content-Type-Options"] = "nosniff";
    answer.headers["X-Frame-Options"] = "DENY";
    // "no-referrer" would make browsers send "Origin: null" with our own forms.
    answer.headers["Referrer-Policy"] = "same-origin";
    answer.headers["Cross-Origin-Resource-Policy"] = "same-origin";
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin";
}

} // namespace

http::Answer pageAnswer(int status, const Frame& frame, Literal title, const Html& content)
{
    Html page;
    page.markup("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        .markup(title)
        .markup(" - ")
        .text(frame.authorityName)
        .markup("</title>\n<link rel=\"stylesheet\" href=\"certsrv.css\">\n</head>\n<body>\n"
                "<a class=\"skip\" href=\"#content\">Skip to the content</a>\n"
                "<header>\n<p class=\"authority\">")
        .text(frame.authorityName)
        .markup("</p>\n<nav aria-label=\"Certificate services\">\n<ul>\n"
                "<li><a href=\"default.asp\">Home</a></li>\n"
                "<li><a href=\"certrqxt.asp\">Request a certificate</a></li>\n"
                "<li><a href=\"certckpn.asp\">Pending requests</a></li>\n"
                "<li><a href=\"certlist.asp\">Your certificates</a></li>\n"
                "<li><a href=\"certcarc.asp\">CA certificate and CRL</a></li>\n"
                "</ul>\n</nav>\n</header>\n<main id=\"content\" tabindex=\"-1\">\n<h1>")
        .markup(title)
        .markup("</h1>\n")
        .add(content)
        .markup("</main>\n<footer>\n<p>");
    if (frame.callerName.empty())
        page.markup("Not signed in.");
    else
        page.markup("Signed in as <strong>").text(frame.callerName).markup("</strong>.");
    page.markup("</p>\n</footer>\n</body>\n</html>\n");
    http::Answer answer{status, "text/html; charset=utf-8", page.toString(), {}};
    protect(answer);
    answer.headers["Cache-Control"] = "no-store";
    return answer;
}

http::Answer styleSheetAnswer()
{
    http::Answer answer{200, "text/css; charset=utf-8", std::string(styleSheet()), {}};
    protect(answer);
    answer.headers["Cache-Control"] = "public, max-age=3600";
    return answer;
}

http::Answer downloadAnswer(Literal contentType, Literal fileName, std::string bytes)
{
    http::Answer answer{200, std::string(contentType.view()), std::move(bytes), {}};
    protect(answer);
    answer.headers["Content-Disposition"] =
        "attachment; filename=\"" + std::string(fileName.view()) + "\"";
    answer.headers["Cache-Control"] = "no-store";
    return answer;
}

} // namespace perennial::enrollment::server::web
