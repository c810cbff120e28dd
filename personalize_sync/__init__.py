"""personalize-sync keeps a Sitecore Personalize tenant in step with a directory of YAML manifests."""

__version__ = "0.1.0"
