"""What pyproject.toml cannot say: of the folders of stored files, the package takes the data and no script."""

from setuptools import setup
from setuptools.command.build_py import build_py


class Build(build_py):
    """Building, as always, but for the modules in the folders of stored files."""

    def find_package_modules(self, package, package_dir):
        if package.startswith("s2s_np.stored"):
            return []
        return super().find_package_modules(package, package_dir)


setup(cmdclass={"build_py": Build})
