from gunicorn.app.base import BaseApplication

class WSGIApplication(BaseApplication):
    app_uri: str
