Redoc.init(
  "openapi.json",
  { disableSearch: false, hideLoading: true, nativeScrollbars: true },
  document.getElementById("page"),
);
