"""Published weights, as their authors put them out, into our networks: one format per file.

Old files are Python pickles. They are read here, once and with `weights_only=True`; everything after is safetensors.
"""
