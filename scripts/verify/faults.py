"""Damages the objects of a lake, as disks, scripts and mistakes do."""

import io
import pathlib

import pyarrow
import pyarrow.parquet


class Objects:
    """The objects of a lake by their paths, in a folder or a bucket."""

    def __init__(self, place):
        self.place = place
        self.bucket = None
        if place.url.startswith('s3://'):
            self.bucket, _, self.prefix = place.url.removeprefix('s3://').partition('/')
            self.client = place.store.client()

    def read(self, path):
        if self.bucket:
            return self.client.get_object(Bucket=self.bucket, Key=f'{self.prefix}/{path}')['Body'].read()
        return pathlib.Path(self.place.path, path).read_bytes()

    def write(self, path, content):
        if self.bucket:
            self.client.put_object(Bucket=self.bucket, Key=f'{self.prefix}/{path}', Body=content)
            return
        file = pathlib.Path(self.place.path, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Another file, as every writer makes one.
        file.with_suffix('.new').write_bytes(content)
        file.with_suffix('.new').rename(file)

    def delete(self, path):
        if self.bucket:
            self.client.delete_object(Bucket=self.bucket, Key=f'{self.prefix}/{path}')
        else:
            pathlib.Path(self.place.path, path).unlink()

    def truncate(self, path, share=0.7):
        content = self.read(path)
        self.write(path, content[:int(len(content) * share)])

    def flip(self, path, offset):
        """Changes a byte, counted from the end where it is negative."""
        content = bytearray(self.read(path))
        content[offset] ^= 0x5a
        self.write(path, bytes(content))

    def flip_page(self, path):
        """Changes a byte in the middle of the pages of the first column."""
        content = self.read(path)
        column = pyarrow.parquet.ParquetFile(io.BytesIO(content)).metadata.row_group(0).column(0)
        self.flip(path, column.data_page_offset + column.total_compressed_size * 2 // 3)

    def flip_footer(self, path):
        """Changes the first byte of the footer."""
        content = self.read(path)
        self.flip(path, len(content) - 8 - int.from_bytes(content[-8:-4], 'little'))

    def rows(self, path):
        return pyarrow.parquet.read_table(io.BytesIO(self.read(path)), partitioning=None)

    def replace(self, path, rows):
        """Writes other rows, with all that the file says of itself."""
        with pyarrow.parquet.ParquetFile(io.BytesIO(self.read(path))) as file:
            metadata = file.metadata.metadata
        out = io.BytesIO()
        with pyarrow.parquet.ParquetWriter(out, rows.schema.remove_metadata(), store_schema=False) as writer:
            writer.write_table(rows.replace_schema_metadata(None))
            writer.add_key_value_metadata(metadata)
        self.write(path, out.getvalue())

    def lose(self, path, row=0):
        rows = self.rows(path)
        self.replace(path, pyarrow.concat_tables([rows.slice(0, row), rows.slice(row + 1)]))

    def repeat(self, path, row=0):
        rows = self.rows(path)
        self.replace(path, pyarrow.concat_tables([rows, rows.slice(row, 1)]))

    def change(self, path, column, value, row=0):
        """One value of one row becomes another."""
        rows = self.rows(path)
        values = rows.column(column).to_pylist()
        assert values[row] != value
        values[row] = value
        index = rows.column_names.index(column)
        self.replace(path, rows.set_column(index, rows.field(index), pyarrow.array(values, rows.field(index).type)))

    def move(self, path, other, row=0):
        """A row stands in another day."""
        rows = self.rows(path)
        moved = rows.slice(row, 1)
        self.replace(path, pyarrow.concat_tables([rows.slice(0, row), rows.slice(row + 1)]))
        self.replace(other, pyarrow.concat_tables([self.rows(other), moved]))
