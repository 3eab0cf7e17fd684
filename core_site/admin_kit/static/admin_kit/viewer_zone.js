// Tells the pages in which time zone they are looked at, so that times in it do not repeat it.
(() => {
  "use strict";
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone) return;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `portico_zone=${encodeURIComponent(zone)}; path=/admin; max-age=31536000; samesite=lax${secure}`;
})();
