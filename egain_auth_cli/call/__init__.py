"""An authenticated request to the API: what ``egain call`` does."""
